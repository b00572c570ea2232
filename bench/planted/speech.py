"""Spoken words: texts read by `espeak-ng` in several languages, voices and rates, alone and over music."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

#: A paragraph per language.
TEXTS: Final = {
    "en-us": "The harbour was quiet that morning. Two boats had left before dawn, and nobody knew when they would come "
    "back. She closed the window, poured another cup of tea, and began to read the letter again from the start.",
    "en-gb": "Chapter four. It had rained for three days, and the road to the village was under water. Thomas decided "
    "to wait. There was bread in the mesh, and a box of old books that he had never opened.",
    "de": "Der Zug nach Hamburg hatte Verspätung. Auf dem Bahnsteig standen nur wenige Leute, und niemand sprach. Erst "
    "als es dunkel wurde, kam die Durchsage, dass heute keine Züge mehr fahren würden.",
    "fr": "Le marché ouvre à sept heures. On y trouve du pain, des fromages et, en automne, des champignons de la "
    "forêt voisine. Les gens se connaissent tous et parlent longtemps avant d'acheter quelque chose.",
    "es": "Cuando llegó la carta, nadie quiso abrirla. Estuvo tres días sobre la mesa, junto al reloj. Al cuarto día, "
    "la abuela la tomó sin decir nada, la leyó despacio y salió al jardín.",
    "it": "La biblioteca si trova dietro la chiesa. È piccola, ma ha molti libri antichi. Il custode racconta "
    "volentieri la storia di ogni volume, anche quando i visitatori hanno poco tempo.",
    "sv": "Det hade snöat hela natten. På morgonen låg gården tyst, och inga spår syntes mellan husen. Han tog på "
    "sig stövlarna och gick ut för att mata hästarna.",
    "pl": "Wieczorem przyszła burza. Zgasło światło i zapaliliśmy świece. Dziadek opowiadał o dawnych czasach, a my "
    "słuchaliśmy w ciszy, aż przestało padać.",
}
#: Voices of espeak-ng: male and female variants.
VARIANTS: Final = ("m1", "m3", "f2", "f4")
#: Words per minute.
RATES: Final = (120, 150, 175, 210)
#: Music this many dB below the speech.
UNDER_DB: Final = 18.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One text as one voice reads it."""

    language: str
    variant: str
    rate: int

    @property
    def name(self) -> str:
        return f"{self.language}-{self.variant}-{self.rate}"


def readings(start: int = 0, count: int = 64) -> list[Reading]:
    """Return `count` readings from number `start` on; languages, variants and rates all vary."""
    languages = list(TEXTS)
    found = []
    for number in range(start, start + count):
        variant = VARIANTS[(number // 3 + number // len(languages)) % len(VARIANTS)]
        found.append(Reading(languages[number % len(languages)], variant, RATES[(number // 5) % len(RATES)]))
    return found


def missing() -> list[str]:
    """Return the Debian packages that speaking needs and this machine lacks."""
    return [] if shutil.which("espeak-ng") else ["espeak-ng"]


def speak(reading: Reading, target: Path) -> Path:
    """Write a WAV file (22,050 Hz, mono). Raises `CalledProcessError` if espeak-ng fails."""
    voice = f"{reading.language}+{reading.variant}"
    command = ["espeak-ng", "-v", voice, "-s", str(reading.rate), "-w", str(target), TEXTS[reading.language]]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return target


def over(speech: np.ndarray, music: np.ndarray) -> np.ndarray:
    """Return speech [n] with music [m] of the same rate `UNDER_DB` below it."""
    bed = np.resize(music, len(speech))
    level = np.sqrt(np.mean(speech**2)) / max(float(np.sqrt(np.mean(bed**2))), 1e-9)
    return np.asarray(speech + bed * level * 10 ** (-UNDER_DB / 20), np.float32)
