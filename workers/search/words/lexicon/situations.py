"""What people do while they listen."""

from __future__ import annotations

from typing import Final

#: See `styles`.
SITUATIONS: Final = """
sleep, sleeping, fall asleep, falling asleep, asleep, lullaby, lullabies, bedtime, bed, nap, insomnia : quiet 1, ambient .9, slow .8, soft .6, loud -.9, beat -.7, drums -.6, energy -.8
study, studying, concentration, concentrate, focus, working, work, reading, homework, writing, coding, programming, office : chill .8, instrumental .8, ambient .6, quiet .5, loud -.6, sung -.5
workout, work out, gym, exercise, fitness, running, jogging, run, training, sport, sports, lifting weights, cycling : energy 1, fast .7, beat .8, dance .6, loud .5, techno .5, quiet -.9, slow -.6
party, partying, celebration, new year, birthday, friday night, saturday night, night out, pre-drinks : party .8, dance 1, beat .7, energy .7, fast .3, quiet -.8, slow -.5
driving, road trip, car, highway, motorway, night drive : energy .8, beat .7, rock .5, electronic .3, fast .4, quiet -.6
dinner, candlelight, candle light, candlelit, restaurant, wine, date night, cafe, coffee, coffeehouse, brunch, breakfast : easy listening .8, jazz .7, soft .8, chill .7, loud -.8, energy -.4
morning, sunday morning, lazy sunday, waking up, sunrise, sunday, early morning : chill .8, soft .7, acoustic .5, quiet .5, piano .3, loud -.7, energy -.3
rainy day, rainy, rain outside, grey day, autumn, fall, november, melancholy afternoon : sad .6, quiet .7, slow .6, piano .5, soft .4, chill .3, loud -.7, party -.4
evening, sunset, dusk, after work, unwinding, end of the day : chill .9, soft .5, quiet .4, loud -.6
night, midnight, late night, after midnight, nocturnal, moonlight, city at night : chill .7, slow .5, jazz .4, ambient .5, loud -.5
winter, snow, cold, ice, icy, frozen : ambient .7, quiet .6, piano .4, slow .5, loud -.5
summer, beach, sunshine, holiday, vacation, barbecue, spring : happy .9, catchy .6, dance .4, pop .4, sad -.6
christmas, advent, xmas : choir .8, classical .5, soft .4
wedding, ceremony : beautiful .8, strings .5, classical .5, soft .3
funeral, mourning, grief, farewell, goodbye : sad 1, slow .9, quiet .5, strings .4, classical .4
battle, fight, war, action, boss fight, adventure, chase, combat : energy 1, loud .8, fast .7, drums .6, quiet -.8
storm, thunder, chaos, destruction, apocalypse : loud 1, metal .6, energy .7, weird .3
factory, machinery, steel, heavy machinery : industrial 0, electronic .8, metal .6, loud .6, experimental .5
children, kids, toddler, baby, nursery : happy .8, soft .6, acoustic .4
background, background music, in the background, while cooking, cooking, cleaning : chill .7, instrumental .5, quiet .5, easy listening .5, loud -.6
castle, knights, fantasy, dungeon, tavern, village : folk .6, harp .5, flute .5, strings .5, classical .4
space, stars, planets, galaxy, universe, science fiction, sci-fi, future, futuristic, cyberpunk : ambient .8, electronic .8, synth .8
"""
