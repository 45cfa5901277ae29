"""The command line ``rmt``: every subcommand brings its own options and its own work."""

import argparse
import sys

from rmt_utils.comparison import command as compare_command
from rmt_utils.data import split_command
from rmt_utils.forecast import command as forecast_command
from rmt_utils.nets import command as train_command
from rmt_utils.nets import sample_command

# modules with a docstring, add_arguments(parser) and run(options); the extra that holds what they import
COMMANDS = {
    "forecast": (forecast_command, "cli"),
    "compare": (compare_command, "cli"),
    "sample": (sample_command, "diffusers"),
    "split": (split_command, "cli"),
    "train": (train_command, "nets"),
}


def main(arguments=None):
    """Run one subcommand: 0, or 2 with one sentence on stderr for input that cannot be used."""
    parser = argparse.ArgumentParser(prog="rmt", description="Why diffusion models agree: random matrix theory.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, _) in COMMANDS.items():
        summary, _, _ = module.__doc__.partition("\n")
        module.add_arguments(commands.add_parser(name, help=summary, description=module.__doc__))
    options = parser.parse_args(arguments)
    module, extra = COMMANDS[options.command]
    try:
        module.run(options)
    except (ValueError, ArithmeticError, OSError, RuntimeError, ImportError, MemoryError) as error:
        sentence = " ".join(str(error).split()) or "out of memory"
        missing = f": pip install 'rmt_utils[{extra}]'" if isinstance(error, ModuleNotFoundError) else ""
        print(f"rmt {options.command}: {sentence}{missing}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
