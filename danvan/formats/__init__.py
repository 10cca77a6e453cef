"""Where Django finds the formats of a language (settings.FORMAT_MODULE_PATH). Imports nothing of ours."""
