//go:build wasip1

package main

// The functions that Navidrome calls, each time in a new instance: no state survives between calls.

//go:wasmimport extism:host/env output_set
func outputSet(offset, length uint64)

//go:wasmimport extism:host/env error_set
func errorSet(offset uint64)

// Results of an export.
const (
	done   int32 = 0
	failed int32 = -1
)

func main() {}

//go:wasmexport nd_get_sonic_similar_tracks
func sonicSimilarTracks() int32 { return ask(ndGetSonicSimilarTracks) }

//go:wasmexport nd_find_sonic_path
func findSonicPath() int32 { return ask(ndFindSonicPath) }

//go:wasmexport nd_get_similar_songs_by_track
func similarSongsByTrack() int32 { return ask(ndGetSimilarSongsByTrack) }

//go:wasmexport nd_get_similar_songs_by_album
func similarSongsByAlbum() int32 { return ask(ndGetSimilarSongsByAlbum) }

//go:wasmexport nd_get_similar_songs_by_artist
func similarSongsByArtist() int32 { return ask(ndGetSimilarSongsByArtist) }

//go:wasmexport nd_get_similar_artists
func similarArtists() int32 { return ask(ndGetSimilarArtists) }

//go:wasmexport nd_on_init
func onInit() int32 { return end(nil, start(navidrome{})) }

//go:wasmexport nd_scheduler_callback
func schedulerCallback() int32 { return end(nil, wake(navidrome{}, input())) }

func ask(function string) int32 {
	return end(forward(navidrome{}, function, input(), clickMs))
}

func end(answer []byte, err error) int32 {
	if err != nil {
		errorSet(put([]byte("sonicmesh: " + err.Error())))
		return failed
	}
	if answer != nil {
		outputSet(put(answer), uint64(len(answer)))
	}
	return done
}
