"""Work too long for a request: asked for on a page, done by a worker, fetched by who asked.

Imports models/, scope, rights, requests and audit/. What does the work stands where its data is
(settings.LONG_WORKS).
"""
