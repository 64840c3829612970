"""A report as text for the screen, and as Markdown to keep or publish beside a checkpoint."""

from batch.gemma.validation.findings import Report

WORDS = {"pass": "ok", "look": "LOOK", "fail": "FAIL", "skip": "-"}
MEANING = "LOOK: for a person to judge, no failure"


def text(report: Report) -> str:
    """One line per check, what the model said indented under it."""
    lines = [_title(report), ""]
    section = ""
    for finding in report.findings:
        if finding.section != section:
            section = finding.section
            lines.append(section)
        lines.append(f"  {WORDS[finding.verdict]:<5} {finding.name}: {finding.note}")
        if finding.text:
            lines.append(f"        {_one_line(finding.text)}")
    lines += ["", f"{'':<7} requests  at once  generated tokens/s  tokens read  peak memory"]
    for speed in report.speeds:
        lines.append(
            f"{speed.modality:<7} {speed.requests:>8}  {speed.at_once:>7}  {speed.tokens_per_s:>18.1f}  "
            f"{speed.prompt_tokens:>11}  {_size(speed.peak_bytes):>11}"
        )
    return "\n".join([*lines, "", *(f"note: {note}" for note in report.notes), summary(report)])


def markdown(report: Report) -> str:
    """Headings, one table of checks, one of speeds."""
    facts = [f"- {name}: {value}" for name, value in {"revision": report.revision, **report.facts}.items()]
    checks = [
        f"| {finding.section} | {_cell(finding.name)} | {WORDS[finding.verdict]} | {_cell(finding.note)} "
        f"| {_cell(finding.text)} |"
        for finding in report.findings
    ]
    speeds = [
        f"| {speed.modality} | {speed.requests} | {speed.at_once} | {speed.tokens_per_s:.1f} | {speed.prompt_tokens} "
        f"| {speed.completion_tokens} | {speed.seconds:.1f} | {_size(speed.peak_bytes)} |"
        for speed in report.speeds
    ]
    return "\n".join(
        [
            f"# {_title(report)}", "", summary(report), "", *facts, "",
            "| section | check | | remark | the model's words |", "|---|---|---|---|---|", *checks, "",
            "| | requests | at once | generated tokens/s | tokens read | tokens generated | seconds | peak memory |",
            "|---|---|---|---|---|---|---|---|", *speeds, "", *(f"{note}" for note in report.notes), "",
        ]
    )  # fmt: skip


def summary(report: Report) -> str:
    counts = f"{report.count('pass')} ok, {report.count('look')} to look at, {report.count('fail')} failed"
    skipped = f", {report.count('skip')} skipped" if report.count("skip") else ""
    meaning = f" ({MEANING})" if report.count("look") else ""
    return f"{'PASSED' if report.passed else 'FAILED'}: {counts}{skipped}{meaning}"


def _title(report: Report) -> str:
    at = f" at {report.revision}" if report.revision else ""
    dtype = f", {report.facts['dtype']} on {report.facts['device']}" if report.facts else ""
    return f"Validation of {report.model}{at}{dtype}"


def _one_line(said: str) -> str:
    return " ".join(said.split())


def _cell(said: str) -> str:
    """What a model says must not become Markdown of ours: no bars, no HTML, no links."""
    escaped = _one_line(said).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{character}" if character in "\\|`*_[]!#" else character for character in escaped)


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB"
