"""What a unit did: nine kinds of event record, one declaration per kind per layer."""
