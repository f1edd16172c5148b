"""boto3 adapters of :mod:`evergreen.ports`."""
