"""The names in the demo library: invented artists, albums and titles, eight tracks per style."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Album:
    """`library` 1 is music, 2 the archive."""

    artist: str
    name: str
    year: int
    titles: tuple[str, ...]
    library: int = 1


@dataclass(frozen=True, slots=True)
class Scene:
    """A style by its name for people, with its albums. Its artists play the style in different ways."""

    genre: str
    moods: tuple[str, ...]
    albums: tuple[Album, ...]

    @property
    def artists(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(album.artist for album in self.albums))


#: An accent as some systems store it: the letter, then the combining mark.
_DECOMPOSED: Final = unicodedata.normalize("NFD", "Café de minuit")

SCENES: Final = {
    "piano": Scene(
        "Piano",
        ("calm", "melancholic"),
        (
            Album("Élise Moreau", "Nocturnes d'hiver", 2011, ("Première neige", "Rue vide", "Lampe à huile")),
            Album("Élise Moreau", "Carnet", 2016, (_DECOMPOSED, "L'escalier")),
            Album("Tomasz Wilk", "Etudes for Tired Hands", 2008, ("No. 1 in Haste", "No. 2, Broken", "No. 3, Rain")),
        ),
    ),
    "strings": Scene(
        "Classical",
        ("solemn", "tender"),
        (
            Album("Ostrava Quartet", "Adagios", 1998, ("Adagio I", "Adagio II", "Adagio III")),
            Album("Ostrava Quartet", "Letters", 2003, ("Letter to a Brother", "Unsent")),
            Album("Quatuor Bellerive", "Andante", 2019, ("Promenade", "Au bord du lac", "Retour"), 2),
        ),
    ),
    "techno": Scene(
        "Techno",
        ("hypnotic", "driving"),
        (
            Album("Kältekammer", "Nachtschicht", 2014, ("Schleuse", "Förderband", "Stempeluhr")),
            Album("Kältekammer", "Überstunden", 2018, ("Halle 9", "Pause #2")),
            Album("DJ Parallax", "Acid Weather", 2021, ("100% Humidity", "Pressure Drop", "Static Front")),
        ),
    ),
    "chiptune": Scene(
        "Chiptune",
        ("playful", "bright"),
        (
            Album("Pixel Parade", "Level Select", 2009, ("Start Screen", "Castle in the Clouds", "Boss Rush")),
            Album("Pixel Parade", "Continue?", 2012, ('The "Final" Level', "Credits")),
            Album("8ビット急行", "Night Train", 2015, ("発車", "Left/Right", "終点"), 2),
        ),
    ),
    "metal": Scene(
        "Metal",
        ("aggressive", "dark"),
        (
            Album("Grävling", "Järn", 2005, ("Malm", "Slagg", "Smedja")),
            Album("Grävling", "Järn (Remastered)", 2020, ("Malm (Remastered)", "Rost")),
            Album("Iron & Ash", "Faster Than Prayer", 1991, ("Rust Belt", "No Saints", "Nail & Hammer"), 2),
        ),
    ),
    "ambient": Scene(
        "Ambient",
        ("calm", "vast"),
        (
            Album("Sólveig Hrafn", "Þokan", 2010, ("Firðir", "Hraun", "Ljósaskipti")),
            Album("Sólveig Hrafn", "Undir ís", 2017, ("Djúp", "Snow on the Antenna")),
            Album("Far Relay", "Signals, Slowly", 2022, ("Carrier", "Drift", "Perigee")),
        ),
    ),
    "jazz": Scene(
        "Jazz",
        ("warm", "easygoing"),
        (
            Album("Nils Aalto Trio", "Blue Ferry", 1962, ("Blue Ferry", "Quiet Harbour", "Two for the Pier")),
            Album("Nils Aalto Trio", "Live in Bergen", 1965, ("Blue Ferry (Live)", "Last Boat")),
            Album("The Ida Brooks Five", "Uptown Walk", 1959, ("Uptown Walk", "Who's There?", "Ida's Bounce"), 2),
        ),
    ),
    "choir": Scene(
        "Choral",
        ("solemn", "uplifting"),
        (
            Album("Coro di San Lazzaro", "Vespri", 1987, ("Deus in adiutorium", "Lumen", "Nunc")),
            Album("Coro di San Lazzaro", "Notte", 1994, ("Compline", "Silentium")),
            Album("Chœur des Alpes", "Hymnes", 2001, ("Aube", "Les cimes", "Le retour des bergers")),
        ),
    ),
}

#: Title -> (title of the original piece, kind of take).
TAKES: Final = {
    "Blue Ferry (Live)": ("Blue Ferry", "live"),
    "Malm (Remastered)": ("Malm", "remastered"),
}
#: Title -> a guest artist from the library.
GUESTS: Final = {"Last Boat": "The Ida Brooks Five", "Perigee": "Sólveig Hrafn"}
