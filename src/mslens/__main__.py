"""``python -m mslens``."""

from mslens.cli.main import run_cli

run_cli()
