"""What every test shares: Hypothesis profiles, and an honest account of the tests that did not run.

A test marked `system("openssl")` needs that program. Without it the test is skipped and named at the end; with `CI=true` a
skip, whatever its reason, fails the session.
"""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("system"):
            if not marker.args:
                raise pytest.UsageError(f'{item.nodeid}: write system("program"), the program that the test needs')
            missing = [program for program in marker.args if shutil.which(program) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if IN_CI and _not_run(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last lines of the run: what did not run, after pytest's own closing line."""
    names = _not_run(config)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not names:
        return
    reporter.write_sep("=", "did not run", bold=True)
    for line in names:
        reporter.write_line(line)
    if IN_CI:
        reporter.write_line("CI=true: a test that does not run is a failure", red=True, bold=True)


def _not_run(config: pytest.Config) -> list[str]:
    """One line per skipped test, with its reason; empty on a worker, which has nothing to show."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    lines = []
    for report in reporter.stats.get("skipped", []) if reporter is not None else []:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        lines.append(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")
    return lines


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line speaks French, whatever the environment of the person who runs the tests."""
    monkeypatch.setenv("VAGUEMESTRE_LANG", "fr")
