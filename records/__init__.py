"""What a unit did: nine kinds of event record, one declaration per kind per layer.

Rooms: models/, sheets/ (in and out of Excel), files/ (attachments), guidance/. Imports the apps of danvan.
"""
