"""Files at a record: what may be kept, where it lies, the pages that take, send and delete it.

Imports records.models, locks and services; the pages of records import it.
"""
