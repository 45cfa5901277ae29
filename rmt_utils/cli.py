"""The command line ``rmt``: every subcommand brings its own options and its own work, and is imported when called."""

import argparse
import os
import shlex
import sys
from importlib import import_module

from rmt_utils.extras import extra
from rmt_utils.files import printable, write_file

# modules with a docstring, add_arguments(parser) and run(options), which returns the text to print, or None, and the
# files to write, {path: bytes}; options.typed is the command line. The extra that holds what they import; what they do.
COMMANDS = {
    "forecast": ("rmt_utils.forecast.command", "cli", "how far two models trained on your own images will agree"),
    "compare": ("rmt_utils.comparison.command", "cli", "what two models make of the same seeds"),
    "sample": ("rmt_utils.nets.sample_command", "diffusers", "seeds through a pipeline saved by diffusers"),
    "split": ("rmt_utils.data.split_command", "data", "your images into two halves that share no picture"),
    "train": ("rmt_utils.nets.command", "nets", "the networks of chapter 5, or on images of yours"),
}


def main(arguments=None):
    """Run one subcommand: 0, or 2 with one sentence on stderr for input that cannot be used, or 130 if interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    called = next((word for word in arguments if not word.startswith("-")), None)
    try:
        with extra(COMMANDS[called][1] if called in COMMANDS else "cli"):
            module, options = _parsed(arguments, called)
            text, files = module.run(options)
            try:
                for path, content in files.items():
                    write_file(path, content)
            finally:  # a disk that is full takes no work with it
                _say(text)
    except KeyboardInterrupt:
        print(f"\nrmt {called}: interrupted", file=sys.stderr)
        return 130
    except (ValueError, ArithmeticError, OSError, RuntimeError, ImportError, MemoryError) as error:
        sentence = " ".join(str(error).split()) or "out of memory"
        print(f"rmt {called}: {printable(sentence)}", file=sys.stderr)
        return 2
    return 0


def _parsed(arguments, called):
    """The module of the command that is called, and its options; SystemExit for words that argparse does not know."""
    parser = argparse.ArgumentParser(prog="rmt", description="Why diffusion models agree: random matrix theory.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    module = None
    for name, (place, _, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if name == called:
            module = import_module(place)
            command.description = module.__doc__
            module.add_arguments(command)
    options = parser.parse_args(arguments)
    options.typed = printable(shlex.join(["rmt", *arguments]))
    return module, options


def _say(text):
    """Print, also where the encoding lacks a letter, and without a word where nobody listens any more."""
    if text is None:
        return
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or python complains when it ends


if __name__ == "__main__":
    sys.exit(main())
