"""The Typer hello-world that reading commands are measured against."""

import typer


def main(name: str) -> None:
    """Say hello."""
    print(f"Hello {name}")


if __name__ == "__main__":
    typer.run(main)
