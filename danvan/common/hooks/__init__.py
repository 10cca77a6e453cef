"""What Django calls by a setting or a base class: middleware, cookie of messages, template loader, admin.

Imports danvan.common; no app.
"""
