"""The program itself: `python -m samebits`, and `samebits` where the wheel is installed."""

import os
import subprocess
import sys

from ._program import program


def main() -> int:
    """Becomes the program, with the arguments of this process."""
    try:
        command = [program(), *sys.argv[1:]]
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if os.name == "posix":
        os.execv(command[0], command)
    # Windows has no such call: its own would leave the console to a program that runs on.
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                pass  # The program has been told too, and ends when its state is saved.


if __name__ == "__main__":
    sys.exit(main())
