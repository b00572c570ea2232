//go:build wasip1

package main

import "encoding/binary"

// Extism's kernel: memory that the plugin and its host share, by offset.

//go:wasmimport extism:host/env input_length
func inputLength() uint64

//go:wasmimport extism:host/env input_load_u64
func inputLoad64(offset uint64) uint64

//go:wasmimport extism:host/env input_load_u8
func inputLoad8(offset uint64) uint32

//go:wasmimport extism:host/env alloc
func alloc(length uint64) uint64

//go:wasmimport extism:host/env free
func free(offset uint64)

//go:wasmimport extism:host/env length
func length(offset uint64) uint64

//go:wasmimport extism:host/env load_u64
func load64(offset uint64) uint64

//go:wasmimport extism:host/env load_u8
func load8(offset uint64) uint32

//go:wasmimport extism:host/env store_u64
func store64(offset uint64, value uint64)

//go:wasmimport extism:host/env store_u8
func store8(offset uint64, value uint32)

// word is the number of bytes copied at once: every copy is a call into the host.
const word = 8

// input returns the input of the call.
func input() []byte {
	return read(0, inputLength(), inputLoad64, inputLoad8)
}

// take reads a block of shared memory and frees it.
func take(offset uint64) []byte {
	if offset == 0 {
		return nil
	}
	data := read(offset, length(offset), load64, load8)
	free(offset)
	return data
}

// put copies data into a new block of shared memory.
func put(data []byte) uint64 {
	offset := alloc(uint64(len(data)))
	whole := len(data) / word * word
	for at := 0; at < whole; at += word {
		store64(offset+uint64(at), binary.LittleEndian.Uint64(data[at:]))
	}
	for at := whole; at < len(data); at++ {
		store8(offset+uint64(at), uint32(data[at]))
	}
	return offset
}

func read(offset, size uint64, load64 func(uint64) uint64, load8 func(uint64) uint32) []byte {
	data := make([]byte, size)
	whole := size / word * word
	for at := uint64(0); at < whole; at += word {
		binary.LittleEndian.PutUint64(data[at:], load64(offset+at))
	}
	for at := whole; at < size; at++ {
		data[at] = byte(load8(offset + at))
	}
	return data
}
