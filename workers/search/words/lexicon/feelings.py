"""How music feels, how fast and how loud it is."""

from __future__ import annotations

from typing import Final

#: See `styles`.
FEELINGS: Final = """
slow, slower, slowly, slow-paced, leisurely, adagio, largo, lento, unhurried, ballad, ballads : slow 1, tempo -1, fast -.4
fast, faster, quick, rapid, speedy, uptempo, up-tempo, up tempo, presto, allegro, hectic, frantic : fast 1, tempo 1, slow -.4
mid-tempo, midtempo, moderate, andante, walking pace : slow .1, fast .1
loud, louder, noisy, deafening, full blast, thunderous, powerful, massive : loud 1, loudness 1, quiet -.5
quiet, quieter, silent, hushed, low volume, whispering, unobtrusive : quiet 1, loudness -1, loud -.5
soft, softer, softly, gentle, gently, tender, delicate, light, subtle : soft 1, quiet .8, loud -.6, loudness -.4
calm, calmer, calming, relaxing, relaxed, relax, peaceful, soothing, serene, tranquil, mellow, chill, chilled, chillout, laid-back, laid back, easygoing, still : chill .6, quiet .8, slow .6, soft .5, ambient .3, energy -.8, loud -.6
energetic, energy, energetic music, high energy, lively, dynamic, pumping, pounding, intense, powerful beat, upbeat, vigorous : energy 1, fast .6, loud .6, beat .4, quiet -.6
hard, harder, harsh, brutal, aggressive, aggression, angry, anger, rage, furious, violent, mad, fierce, extreme : loud 1, metal .9, hard rock .5, energy .8, quiet -.8, soft -.6
dark, darker, sinister, menacing, ominous, evil, scary, creepy, haunting, horror, spooky, gloomy, bleak : metal .4, experimental .5, weird .5, ambient .3, sad .3, happy -.9
sad, sadder, melancholic, melancholy, sorrowful, mournful, lonely, depressing, heartbroken, heartbreak, tearful, crying, bittersweet, wistful, nostalgic, blue : sad 1, slow .5, quiet .3, happy -.6
happy, happier, joyful, joy, cheerful, cheery, merry, sunny, feel-good, feel good, bright, uplifting, optimistic, euphoric, positive : happy 1, catchy .5, sad -.8
playful, fun, funny, silly, cute, quirky, bouncy, whimsical : happy .8, catchy .6, weird .4, fast .4
beautiful, pretty, lovely, gorgeous, graceful, elegant : beautiful 1
romantic, love, love song, love songs, sensual, intimate, passionate, warm : beautiful .6, sexy .6, soft .6, slow .3
sexy, seductive, sultry : sexy 1
solemn, serious, majestic, noble, grand, stately, ceremonial, reverent, holy : classical .7, choir .6, slow .6, strings .3, party -.6, beat -.5
hypnotic, repetitive, monotonous, trippy, psychedelic : techno .7, electronic .7, experimental .4, ambient .3
vast, wide, spacious, big, expansive, dreamy, dream, dreaming : ambient 1, slow .5, beautiful .3
weird, strange, odd, bizarre, avant-garde, avantgarde, abstract : weird 1, experimental 1
catchy, poppy, earworm, hit, hits : catchy 1, pop .8
simple, minimal, sparse, bare : solo .7, quiet .5
rich, dense, layered, lush, full : loud .3, strings .4
clean, acoustic, unamplified, natural : acoustic 1, electronic -.7
electronic, electronica, electro, electric : electronic 1, synth .5
danceable, dance, dancing, dance music, dancefloor, dance floor : dance 1, beat .7, techno .4, party .3
old, old-fashioned, vintage, classic hits : oldies 1
solo, alone, unaccompanied : solo 1
live, concert, jam : acoustic .2, rock .3
"""
