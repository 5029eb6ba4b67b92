#!/usr/bin/env python3
#
# This source file is part of the Lineshaft project.
# See LICENSE for licence information.
# SPDX-License-Identifier: Apache-2.0
#

"""Asks croniter when random cron expressions fire, in UTC and in other zones.

Each line of the result is an expression, a time to start behind in seconds since 1970, and the minutes from there to
the next three times (from the minute that the start is in), or "never". In the second file, the zone comes behind the
expression. The same seed gives the same files:

    python3 -m venv /tmp/croniter && /tmp/croniter/bin/pip install croniter==7.0.0 tzdata
    /tmp/croniter/bin/python Tests/Cron/vectors.py --check     # compares with the file that is there
    /tmp/croniter/bin/python Tests/Cron/vectors.py --write     # makes it anew

What is left out, because croniter reads it otherwise on purpose or by accident:

* ranges that run backwards (22-2), which croniter lets wrap around and Lineshaft refuses;
* steps beyond a field's width (*/70), which croniter takes for a step of any length;
* the range 7-7, in which croniter sees every day.

Day fields that begin with a star and have a step (*/2) are asked for with implement_cron_bug, which is the rule of
Vixie's cron and Lineshaft's: such a field does not count as restricted. For all others croniter's default gives the
same, and this program checks that it does.

In zones, times near a change of the clocks are left out, for what to do about them is a matter of taste: those of
Lineshaft are tested by hand. Changes in between are not. The zones' rules are those of the package tzdata, up to 2026:
what comes later, somebody may yet decide.
"""

import argparse
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from croniter import croniter
from croniter.croniter import CroniterBadDateError

SEED = 20260302
COUNT = 13_000
ZONE_COUNT = 4_000
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "America/St_Johns",
]
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def spell(value, names, first, dice):
    """A number, or its name where there is one."""
    if names and value - first < len(names) and dice.random() < 0.4:
        name = names[value - first]
        return dice.choice([name, name.lower(), name.capitalize()])
    return str(value)


def item(low, high, names, first, dice):
    """One part of a list."""
    kind = dice.random()
    if kind < 0.45:
        return spell(dice.randint(low, high), names, first, dice)
    start = dice.randint(low, high - 1)
    if kind < 0.55:
        return f"{start}/{dice.randint(1, high - low)}"
    end = dice.randint(start + 1, high)
    text = f"{spell(start, names, first, dice)}-{spell(end, names, first, dice)}"
    if end == 7 and names is DAYS:
        text = f"{start}-7"
    return text if kind < 0.85 else f"{text}/{dice.randint(1, max(1, end - start))}"


def field(low, high, names, first, dice, star):
    """One field."""
    kind = dice.random()
    if kind < star:
        return "*"
    if kind < star + 0.15:
        return f"*/{dice.randint(1, high - low)}"
    count = dice.choice([1, 1, 1, 2, 2, 3, 5])
    return ",".join(item(low, high, names, first, dice) for _ in range(count))


def expression(dice):
    """A whole expression."""
    day = field(1, 31, None, 0, dice, 0.5)
    if dice.random() < 0.04:
        day = dice.choice(["L", "15,L", "L,1"])
    return " ".join(
        [
            field(0, 59, None, 0, dice, 0.2),
            field(0, 23, None, 0, dice, 0.25),
            day,
            field(1, 12, MONTHS, 1, dice, 0.55),
            field(0, 7 if dice.random() < 0.5 else 6, DAYS, 0, dice, 0.5),
        ]
    )


def answer(text, start, **options):
    """What croniter says, as minutes from the start's minute."""
    minute = int(start.timestamp()) // 60
    schedule = croniter(text, start, **options)
    try:
        return [str(int(schedule.get_next(datetime).timestamp()) // 60 - minute) for _ in range(3)]
    except CroniterBadDateError:
        return ["never"]


def lines():
    """All lines of the file."""
    dice = random.Random(SEED)
    for _ in range(COUNT):
        text = expression(dice)
        start = EPOCH + timedelta(seconds=dice.randint(0, 2_500_000_000))
        found = answer(text, start, implement_cron_bug=True)
        _, _, day, _, weekday = text.split()
        if not any(part.startswith("*/") for part in (day, weekday)):
            default = answer(text, start)
            if default != found:
                sys.exit(f"croniter contradicts itself about {text!r} behind {start}: {default}, {found}")
        yield f"{text}|{int(start.timestamp())}|{' '.join(found)}"


def is_near_change(local, zone):
    """Whether the clocks of a zone are changed within a day or so of a local time."""
    around = [(local + timedelta(hours=hours)).replace(tzinfo=zone) for hours in range(-30, 31, 2)]
    return len({time.utcoffset() for time in around}) > 1


def zone_lines():
    """All lines of the file with zones."""
    dice = random.Random(SEED + 1)
    made = 0
    while made < ZONE_COUNT:
        text, name = expression(dice), dice.choice(ZONES)
        zone = ZoneInfo(name)
        start = EPOCH + timedelta(seconds=dice.randint(946_684_800, 1_735_689_600))
        local = start.astimezone(zone)
        schedule = croniter(text, local.replace(tzinfo=None), implement_cron_bug=True)
        try:
            shown = [schedule.get_next(datetime) for _ in range(3)]
        except CroniterBadDateError:
            continue
        if shown[-1].year > 2026 or any(is_near_change(time, zone) for time in [local.replace(tzinfo=None), *shown]):
            continue
        found = answer(text, local, implement_cron_bug=True)
        minute = int(start.timestamp()) // 60
        wall = [str(int(time.replace(tzinfo=zone).timestamp()) // 60 - minute) for time in shown]
        if found != wall:
            sys.exit(f"croniter contradicts itself about {text!r} behind {local}: {found}, {wall}")
        made += 1
        yield f"{text}|{name}|{int(start.timestamp())}|{' '.join(found)}"


def main():
    """Writes the files, or compares it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="make the files anew")
    action.add_argument("--check", action="store_true", help="compare with the files that are there")
    arguments = parser.parse_args()
    for name, made in [("vectors.txt", lines()), ("zones.txt", zone_lines())]:
        path = Path(__file__).with_name(name)
        text = "\n".join(made) + "\n"
        if arguments.write:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} is not what croniter says; make it anew with --write and see what changes")


if __name__ == "__main__":
    main()
