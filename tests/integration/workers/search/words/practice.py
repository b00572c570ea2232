"""Sentences to develop with: none of them is among the sixty of `sentences.py`, which are never tuned to."""

from __future__ import annotations

from typing import Final

from tests.integration.workers.search.words.sentence import says

DEMO: Final = (
    says("gentle piano music", "piano", "techno, metal, chiptune"),
    says("a nocturne for piano", "piano", "techno, metal, chiptune, jazz"),
    says("chamber music for strings", "strings", "techno, metal, chiptune"),
    says("tender violin", "strings", "techno, metal, chiptune"),
    says("techno", "techno", "piano, choir, strings, ambient"),
    says("dance music for a party", "techno, chiptune", "piano, choir, strings, ambient"),
    says("driving synthesizer", "techno, chiptune", "piano, choir, strings"),
    says("nintendo game sounds", "chiptune", "choir, strings, piano"),
    says("chiptune", "chiptune", "choir, strings, piano"),
    says("fast electric guitar", "metal", "piano, choir, ambient"),
    says("thrash metal", "metal", "piano, choir, ambient, strings"),
    says("dark and heavy", "metal", "chiptune, jazz"),
    says("drone", "ambient", "techno, metal, jazz, chiptune"),
    says("peaceful ambient", "ambient", "techno, metal, chiptune"),
    says("music to fall asleep to", "ambient, piano, strings, choir", "techno, metal, chiptune"),
    says("jazz", "jazz", "techno, metal, choir"),
    says("jazz without horns", "jazz", "techno, metal, choir"),
    says("saxophone and double bass", "jazz", "techno, choir, ambient"),
    says("old jazz from the fifties", "jazz+1950s", "techno, metal", first=3),
    says("choir", "choir", "techno, metal, chiptune"),
    says("gregorian chant", "choir", "techno, metal, chiptune"),
    says("singing voices", "choir", "techno, metal, chiptune"),
    says("like Sólveig Hrafn", "ambient", "metal, techno, chiptune", first=5),
    says("in the style of Iron & Ash", "metal", "piano, choir, ambient", first=5),
    says("130 bpm", "techno, chiptune", "ambient"),
    says("slow", "choir, strings, piano, ambient", "chiptune"),
    says("from 1998", "strings+1998", "techno, metal", first=3),
    says("nothing electronic, no singing", "piano, strings, jazz", "techno, chiptune, choir"),
    says("late night lounge", "jazz, ambient, piano", "metal, chiptune"),
    says("running in the morning", "techno, chiptune, metal", "ambient, choir, strings, piano"),
    says("without drums", "piano, strings, ambient, choir", "techno, metal, jazz"),
    says("a bit of guitar", "metal, piano, jazz", "choir"),
    says("flurb gnix"),
)

MUSIC: Final = (
    says("metal", "Metal", "Ambient, Orchestral", first=10),
    says("loud electric guitars and drums", "Metal", "Ambient, Orchestral", first=10),
    says("techno", "Techno", "Orchestral, Metal", first=10),
    says("fast club beats", "Techno, Electronic", "Orchestral, Ambient", first=10),
    says("atmospheric ambient music", "Ambient", "Metal, Techno", first=10),
    says("background drones", "Ambient", "Metal, Techno", first=10),
    says("factory machines, industrial", "Industrial", "Orchestral", first=10),
    says("symphonic", "Orchestral, Soundtrack", "Techno, Metal"),
    says("electronic", "Electronic, Techno", "Metal, Orchestral", first=10),
    says("like Emilio de Paz", "Soundtrack", "Techno, Metal"),
    says("fribble snork"),
)
