"""How the site answers every request: middleware, cookies, the loader of templates. Imports danvan.common."""
