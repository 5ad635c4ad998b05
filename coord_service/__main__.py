"""The ``coord`` command: finds the sub-command, runs it, and turns bad input into exit 2 and one line."""

import importlib
import sys
from collections.abc import Sequence

from coord_service.commands.terminal import BadInput, OneLineParser

# name -> module with register(parser) and run(arguments) -> exit code.
# Imported when asked for: `coord slots` never loads the web.
COMMANDS = {
    "import": "coord_service.commands.import_",
    "check": "coord_service.commands.check",
    "demo": "coord_service.commands.demo",
    "serve": "coord_service.commands.serve",
    "work": "coord_service.commands.work",
    "migrate": "coord_service.commands.migrate",
    "user": "coord_service.commands.user",
    "slots": "coord_service.commands.slots",
    "chase": "coord_service.commands.chase",
    "clocks": "coord_service.commands.clocks",
    "report": "coord_service.commands.report",
    "itip": "coord_service.commands.itip",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command; the exit code is 0 when it did what was asked, 2 when it could not start on its input."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = OneLineParser(prog="coord", description="Team Around the Child meetings, advice and chasing.")
    parser.add_argument("command", choices=sorted(COMMANDS), metavar="COMMAND", help=", ".join(sorted(COMMANDS)))
    chosen = parser.parse_args(words[:1]).command
    module = importlib.import_module(COMMANDS[chosen])
    sub = OneLineParser(prog=f"coord {chosen}", description=module.__doc__)
    module.register(sub)
    try:
        return int(module.run(sub.parse_args(words[1:])))
    except BadInput as error:
        sys.stderr.write(f"coord {chosen}: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130  # as the shell says it: stopped by Ctrl-C


if __name__ == "__main__":
    sys.exit(main())
