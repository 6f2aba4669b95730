"""`python -m seedbed.cli` is `seedbed`, for where the script is not on the path."""

from seedbed.cli.main import main

if __name__ == "__main__":
    main()
