"""CUE sheets: reads them, matches them with uploads, and cuts the uploads."""
