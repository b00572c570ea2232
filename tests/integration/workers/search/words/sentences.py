"""Sixty sentences as people write them, written before the code that reads them. Never tune to these.

`DEMO` is for the demo library (eight styles of eight tracks), `MUSIC` for 277 game soundtracks, of which 174 have a
genre that says something.
"""

from __future__ import annotations

from typing import Final

from tests.integration.workers.search.words.sentence import says

DEMO: Final = (
    says("calm piano, no drums", "piano", "techno, metal, jazz, chiptune"),
    says("quiet solo piano for a rainy evening", "piano", "techno, metal, chiptune"),
    says("melancholic piano", "piano+melancholic", "techno, metal", first=4),
    says("piano, but not sad", "piano", "melancholic", first=4),
    says("string quartet", "strings", "techno, metal, chiptune"),
    says("slow violins and cellos", "strings", "techno, metal, chiptune, jazz"),
    says("classical music, please", "strings, piano, choir", "techno, metal, chiptune"),
    says("hard techno for the gym", "techno", "piano, strings, choir, ambient"),
    says("four on the floor club music", "techno", "piano, strings, choir, ambient"),
    says("hypnotic electronic beats", "techno", "piano, strings, choir, jazz"),
    says("an acid synth line", "techno, chiptune", "piano, strings, choir, jazz"),
    says("8-bit video game music", "chiptune", "strings, choir, piano, metal"),
    says("retro chiptunes", "chiptune", "strings, choir, piano"),
    says("happy and playful", "chiptune, jazz", "metal, choir"),
    says("loud aggressive metal", "metal", "piano, ambient, choir, strings"),
    says("heavy distorted guitars", "metal", "piano, ambient, choir, strings"),
    says("angry", "metal", "piano, ambient, choir, strings"),
    says("metal from the nineties", "metal+1990s", "piano, ambient, jazz", first=3),
    says("ambient drones to sleep to", "ambient", "techno, metal, chiptune, jazz"),
    says("spacey atmospheric soundscapes", "ambient", "metal, chiptune, jazz, techno"),
    says("swinging jazz", "jazz", "techno, metal, choir, ambient"),
    says("jazz from the sixties", "jazz+1960s", "techno, metal, choir", first=5),
    says("jazz from 1959", "jazz+1959", "techno, metal, choir", first=3),
    says("candlelight dinner jazz", "jazz", "metal, techno, chiptune"),
    says("walking bass, drums with brushes and a vibraphone", "jazz", "choir, ambient, metal"),
    says("a choir singing hymns", "choir", "techno, metal, chiptune, jazz"),
    says("sacred choral music", "choir", "techno, metal, chiptune, jazz"),
    says("voices in a church", "choir", "techno, metal, chiptune"),
    says("music from the 80s", "1980s", "1990s, 2010s", first=3),
    says("something like Kältekammer", "techno", "piano, choir, strings, ambient", first=5),
    says("like Nils Aalto Trio", "jazz", "metal, choir, ambient", first=5),
    says("125 bpm electronic", "techno", "piano, choir, strings"),
    says("very fast, over 140 bpm", "chiptune, metal, jazz, techno", "ambient, choir, strings, piano"),
    says("very slow and solemn", "choir, strings", "techno, chiptune, jazz"),
    says("no vocals, something relaxing", "ambient, piano, strings", "choir, metal, techno, chiptune"),
    says("electronic, but not techno", "chiptune, ambient", "techno"),
    says("no drums, no guitars", "piano, strings, ambient, choir", "metal, techno, jazz"),
    says("soft and quiet", "ambient, choir, strings, piano", "metal, techno, chiptune"),
    says("loud", "metal, techno, chiptune", "ambient, piano, choir"),
    says("rainy sunday morning", "piano, ambient, strings, jazz", "metal, techno, chiptune"),
    says("workout", "techno, metal, chiptune", "piano, ambient, strings, choir"),
    says("music for meditation", "ambient, choir, piano, strings", "metal, techno, chiptune"),
    says("asdf qwertz blorp"),
)

MUSIC: Final = (
    says("heavy metal", "Metal", "Ambient, Orchestral", first=10),
    says("brutal guitar riffs", "Metal", "Ambient, Orchestral", first=10),
    says("industrial", "Industrial", "", first=10),
    says("dark industrial noise", "Industrial", "Chiptune, Orchestral", first=10),
    says("some techno", "Techno", "Orchestral, Metal", first=10),
    says("pounding rave techno", "Techno", "Orchestral, Ambient", first=10),
    says("ambient", "Ambient", "Metal, Techno", first=10),
    says("calm ambient pads without drums", "Ambient", "Metal, Techno", first=10),
    says("orchestral", "Orchestral", "Techno, Metal", first=5),
    says("an epic orchestra with brass", "Orchestral, Soundtrack", "Techno, Metal, Industrial"),
    says("electronic music", "Electronic, Techno", "Metal, Orchestral", first=10),
    says("chiptunes", "Chiptune", "Metal, Orchestral", first=3),
    says("like Kenta Cho", "Techno, Electronic", "Ambient, Orchestral"),
    says("energetic electronic music for driving", "Techno, Electronic, Industrial", "Ambient, Orchestral"),
    says("something to fall asleep to", "Ambient, Soundtrack, Orchestral", "Metal, Techno"),
    says("no metal, just quiet ambient", "Ambient", "Metal, Techno"),
    says("xyzzy plugh"),
)
