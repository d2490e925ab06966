"""Why nothing can listen at an address: the port is taken, the address is not this machine's, or the system refuses."""

import errno
from socket import gaierror

from vaguemestre.core.faults import environment_finding
from vaguemestre.core.findings import Finding, finding


def listening_finding(error: OSError, host: str, port: int) -> Finding:
    """The finding (E003, E019, or what the system said) of a server that could not start listening at `host`:`port`."""
    if error.errno == errno.EADDRINUSE:
        return finding("E003", port=port)
    if isinstance(error, gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return finding("E019", host=host)
    return environment_finding(error, f"{host}:{port}")
