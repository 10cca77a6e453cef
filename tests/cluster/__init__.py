"""`make cluster`: the site on several hosts, on one machine, while parts of it fail. No part of the tests."""
