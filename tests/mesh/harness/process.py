"""What a process costs, as the kernel counts it."""

from pathlib import Path


def pss_mib(pid: int) -> float:
    """Memory, its part of what is shared included. Of mswd, which is not dumpable, only root may ask."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def cpu_seconds(pid: int) -> float:
    """Time on a processor since its start, of the threads that are there."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
