"""`python -m mtbench` is the same as `mtbench`."""

from mtbench.cli import main

if __name__ == "__main__":
    main()
