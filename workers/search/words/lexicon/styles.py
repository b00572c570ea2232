"""Styles without a label of their own, described by labels and facts."""

from __future__ import annotations

from typing import Final

#: `phrase, phrase, ... : aspect weight, aspect weight, ...`; the first phrase is the concept's name.
STYLES: Final = """
chiptune, chip music, 8-bit, 8 bit, 16-bit, bitpop, video game music, game boy, nintendo, nes, commodore 64, arcade game : synth 1, electronic .8, techno .6, fast .6, beat .5, weird .4, sung -.6, acoustic -.6
trance, goa, psytrance : techno 1, electronic .8, dance .8, synth .6, fast .4
drum and bass, drum n bass, dnb, jungle, breakbeat, breakcore : electronic 1, drums .8, beat .8, fast .8, techno .4
dubstep, bass music : electronic 1, beat .8, loud .5, synth .5
edm, electronic dance music, club music, club, clubbing, rave, big room : dance 1, techno .9, electronic .8, beat .7, house .5, party .3
electro swing : dance .8, electronic .8, jazz .6
synthwave, retrowave, outrun, synth pop, synthpop, new wave : synth 1, 80s .8, electronic .8
downtempo, trip hop, lo-fi, lofi, chillhop : chill 1, electronic .6, beat .4, slow .4, hip-hop .3
idm, glitch : electronic 1, experimental .8, weird .6
industrial, ebm, aggrotech, noise, power electronics, harsh noise : electronic .8, experimental .5, loud .6, metal .5, weird .4, techno .5
krautrock : progressive rock .8, experimental .7, 70s .5
drone, drones, dark ambient, soundscape, soundscapes, pads, atmospheric, atmosphere, ethereal, spacey, cosmic, space music, floating : ambient 1, quiet .5, slow .5, drums -.6, beat -.6
minimalism, minimal music : ambient .5, piano .5, classical .5, slow .3
thrash metal, thrash, heavier, death metal, black metal, speed metal, metalcore, grindcore, heavy, headbanging : metal 1, loud .7, hard rock .6, fast .4, quiet -.7
doom metal, doom, sludge, stoner rock : metal 1, slow .8, loud .5, hard rock .5
power metal, symphonic metal : metal 1, fast .5, strings .3
hardcore, punk rock, pop punk, emo, screamo : punk 1, loud .6, fast .6, rock .5
grunge : 90s .7, alternative .8, rock .8, guitar .6
garage rock, surf rock, rock and roll, rock n roll, rockabilly : rock .9, oldies .6, 60s .6, guitar .5
post-rock, post rock, shoegaze, dream pop : alternative .8, indie .8, guitar .6, slow .3, instrumental .3
ska, reggae, dub, dancehall, rocksteady : funk .6, soul .4, beat .5, happy .3
latin, salsa, samba, bossa nova, tango, flamenco, rumba : acoustic .6, guitar .5, jazz .5, dance .4
disco : dance 1, funk .7, 70s .7, party .4
rap, trap, hip hop : hip-hop 1, beat .7
rhythm and blues, rnb, motown : r&b 1, soul .9
gospel, spiritual : soul .8, choir .8
swing, big band, bebop, dixieland, ragtime, lounge jazz, cool jazz, jazz trio, jazz quartet : jazz 1, electronic -.4
fusion, jazz rock, acid jazz : jazz .9, funk .7
singer-songwriter, singer songwriter, unplugged, campfire : acoustic 1, folk .8, guitar .7, vocals .5
bluegrass, americana, western : country 1, folk .7, acoustic .6, guitar .5
celtic, irish, medieval, renaissance, folklore, traditional, world music, world : folk 1, acoustic .6, flute .4
oriental, arabic, middle eastern, asian : indian 1, sitar .5
classical music, classical, classic, chamber music, symphonic, symphony, concerto, sonata, nocturne, etude, romantic era : classical 1, strings .5, drums -.5, electronic -.7
orchestral, orchestra, philharmonic, cinematic, film music, film score, film soundtrack, epic : classical .9, strings .9, instrumental .3, electronic -.4
baroque, bach, vivaldi, fugue : classical 1, harpsichord .9, strings .6
string quartet, string quartets, string orchestra, strings ensemble : strings 1, violin .8, cello .8, classical .8, drums -.6, electronic -.6
choral, choir, choirs, chorale, chorus, hymn, hymns, gregorian chant, chant, plainsong, a cappella, acapella, mass, requiem, motet, sacred, church, church music, religious, liturgical : choir 1, opera .4, classical .4, vocals .5, drums -.7, beat -.6, electronic -.5
aria, soprano, tenor, operatic, bel canto : opera 1, vocals .6, classical .5
marching band, military band, fanfare : loud .5, drums .6, classical .4
meditation, yoga, spa, zen, massage, mindfulness : new age 1, ambient .9, quiet .6, slow .6, chill .5, drums -.7, loud -.6
lounge, elevator music, muzak, cocktail : easy listening 1, jazz .7, chill .7, soft .4
audiobook, audio book, spoken word, speech, speaking, talking, podcast, narration, poetry reading : spoken 1
"""
