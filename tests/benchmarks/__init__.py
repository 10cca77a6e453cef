"""What `manage.py benchmark` measures: each file registers its benchmarks, which run in a scratch database."""
