"""The limits of one request, which the service holds and its callers divide their work by."""

ROWS_AT_MOST = 1000
"""A thousand rows take a tree ensemble some 10 ms; more is a batch job's work, not a request's."""

BODY_BYTES_AT_MOST = 1024 * 1024
"""A function may be sent 6 MB; 1 MiB is 1,000 rows of 1 KiB and parses in milliseconds."""
