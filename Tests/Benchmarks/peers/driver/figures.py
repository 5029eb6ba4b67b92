"""Results: a table for people, or one JSON object a line, in the shape that `lineshaft-bench --json` prints."""

import json


class Figures:
    def __init__(self, as_json):
        self._as_json = as_json

    def title(self, text):
        if not self._as_json:
            print(text, flush=True)

    def show(self, name, value, unit, note="", reference=None, about=""):
        """Prints a value; `reference` is another from the same run, and the ratio is the value over it.

        `about` is part of the note that people have read in the title already.
        """
        figure = {"name": name, "value": rounded(value), "unit": unit}
        if reference is not None:
            figure["reference"] = rounded(reference)
            figure["ratio"] = rounded(value / reference)
        if about or note:
            figure["note"] = "; ".join(text for text in (about, note) if text)
        if self._as_json:
            print(json.dumps(figure, sort_keys=True, ensure_ascii=False, separators=(",", ":")), flush=True)
            return
        line = f"  {name:<34}{readable(value):>12} {unit:<7}"
        if reference is not None:
            note = f"{readable(value / reference)} × a PING" + (f"; {note}" if note else "")
        print(f"{line} {note}".rstrip(), flush=True)


def rounded(value):
    """To five digits that count: more would be noise."""
    return float(f"{value:.5g}")


def readable(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"
