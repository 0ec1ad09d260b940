"""Write the JSON schemas of the reference; a test holds them equal to what the code says."""

from pathlib import Path

from printing.answers import published

if __name__ == "__main__":
    folder = Path(__file__).parent / "reference" / "json"
    folder.mkdir(parents=True, exist_ok=True)
    for name, shape in published().items():
        (folder / f"{name}.json").write_text(shape.page(), encoding="utf-8")
