"""Write the JSON schemas of the reference; a test holds them equal to what the code says."""

from pathlib import Path

from serviceflow_cli.published import SHAPES, page

if __name__ == "__main__":
    folder = Path(__file__).parent / "reference" / "json"
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHAPES:
        (folder / f"{name}.json").write_text(page(name), encoding="utf-8")
