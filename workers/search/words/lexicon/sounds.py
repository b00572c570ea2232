"""Instruments, voices, and how music sounds."""

from __future__ import annotations

from typing import Final

#: See `styles`.
SOUNDS: Final = """
piano, pianos, pianist, keys, grand piano, upright piano, keyboard, solo piano, piano solo : piano 1
guitar, guitars, guitarist, fingerpicking, strumming : guitar 1
acoustic guitar, classical guitar, nylon guitar : acoustic 1, guitar 1
electric guitar, electric guitars, guitar riff, guitar riffs, riff, riffs, power chords : guitar .8, hard rock 1, rock .8, metal .4
distorted, distortion, distorted guitar, distorted guitars, fuzz, crunchy : metal 1, hard rock .8, guitar .4, loud .4
shredding, guitar solo : guitar 1, metal .6, hard rock .6, solo .4
drums, drum, drummer, drumming, percussion, percussive, drum kit, bongos, congas : drums 1, beat .6
beats, beat, rhythmic, rhythm, groove, groovy, four on the floor, kick drum, bass drum, drum machine : beat 1, drums .7, dance .6, techno .5
cymbals, brushes : drums .7, jazz .7
bass, basslines, bass line, bassline : beat .5, funk .6, drums .4
double bass, upright bass, contrabass, walking bass : jazz 1
saxophone, sax, trumpet, trombone, clarinet, horn, horns, vibraphone, vibes : jazz 1
brass, tuba, french horn : jazz .5, classical .6, loud .3
violin, violins, fiddle, viola, violas : violin 1, strings .8
cello, cellos, cellist : cello 1, strings .8
strings, bowed, string section : strings 1, violin .5, cello .5
woodwind, woodwinds, oboe, bassoon : flute .8, classical .7
organ, church organ, pipe organ : classical .6, choir .4
synth, synths, synthesizer, synthesizers, synthesiser, synthesisers, synthetic, moog, sequencer, arpeggio, arpeggios, acid : synth 1, electronic .8, techno .4
electronics, computer music, digital, machine, machines, robotic : electronic 1, synth .6
vocals, vocal, singing, singer, singers, sing, sung, voice, voices, lyrics, vocalist, vocalists, song with words : vocals 1, sung 1, instrumental -.5
instrumental, instrumentals, no words, wordless, without words, without lyrics : instrumental 1, sung -1, vocals -.6
female vocals, female singer, woman singing, women singing, female vocalist, female : female voice 1, sung .5
male vocals, male singer, man singing, men singing, male vocalist, male : male voice 1, sung .5
many voices, voices singing together : choir 1
rain, ocean, sea, waves, wind, forest, nature, birds, water, stream : ambient 1, new age .8, quiet .5, slow .4
bells, chimes, music box, glockenspiel, xylophone, marimba, celesta : harp .6, soft .5, synth .3
"""
