"""A disk that a story can fill."""

import pathlib
import shutil
import subprocess
import tempfile
from unittest import SkipTest


class SmallDisk:
    """A file system of few megabytes that a story can fill."""

    def __init__(self, megabytes):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="nidia-e2e-disk-"))
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(self.path)], capture_output=True)
        if mount.returncode != 0:
            self.path.rmdir()
            raise SkipTest("a small disk may not be mounted here")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", str(self.path)], check=True)
        self.path.rmdir()

    def fill(self, leave):
        free = shutil.disk_usage(self.path).free - leave
        (self.path / "filler").write_bytes(b"\0" * max(free, 0))

    def relieve(self):
        (self.path / "filler").unlink()
