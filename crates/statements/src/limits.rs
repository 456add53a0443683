//! The limits on everything that a file can make large.
//!
//! What must stay true: memory and time are bounded by these numbers, whatever the bytes are.

/// The largest file that is read into memory, in bytes: whatever the format where entries are
/// collected, and OFX, BAI2, QIF and workbooks also where they are handed on.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most statements in one file.
pub const STATEMENTS_MAX: usize = 10_000;
/// The most entries (CSV: records) in one file whose entries are collected.
pub const ENTRIES_MAX: usize = 500_000;
/// The most faults that are listed; the rest is counted.
pub const FAULTS_MAX: usize = 1_000;
/// The most notes that are listed; the rest is counted.
pub const NOTES_MAX: usize = 1_000;
/// The most characters that a fault quotes from the file.
pub const FOUND_CHARS_MAX: usize = 60;
/// The most characters of a free text (purpose, name); longer ones are cut, with a note.
pub const TEXT_CHARS_MAX: usize = 4_096;
/// The most characters of an identifier (reference, account number); longer ones are a fault,
/// because two cut identifiers could become one.
pub const IDENTIFIER_CHARS_MAX: usize = 512;
/// The most digits of an amount, as ISO 20022 has it, without zeros that say nothing. Sums of
/// as many of them as a file may have stay far below an overflow.
pub const AMOUNT_DIGITS_MAX: usize = 18;
/// How deep elements may stand in one another.
pub const NESTING_MAX: usize = 64;
/// The most elements of an OFX file, and of one entry of a CAMT file.
pub const ELEMENTS_MAX: usize = 2_000_000;
/// The most attributes of an element.
pub const ATTRIBUTES_MAX: usize = 32;
/// The most lines of an account whose running balance does not follow that are noted; the rest is
/// counted.
pub const BREAKS_KEPT_MAX: usize = 1_000;
/// The most columns of a CSV file.
pub const COLUMNS_MAX: usize = 256;
/// The longest field of a CSV file, in bytes.
pub const FIELD_BYTES_MAX: usize = 64 * 1024;
/// The longest record of a CSV file, in bytes.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;
/// How much of a text is looked at to find the table in it, in bytes.
pub const HEAD_BYTES_MAX: usize = 1024 * 1024;
/// The most files in a workbook's archive.
pub const PARTS_MAX: u16 = 1_000;
/// How many bytes of a workbook or PDF are unpacked at most, all its parts together.
pub const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The most texts that the cells of a workbook share.
pub const SHARED_TEXTS_MAX: usize = 1_000_000;
/// The most rows of a sheet, as spreadsheets have it.
pub const ROWS_MAX: u32 = 1_048_576;
/// The most objects of a PDF, and of what one of its pages says.
pub const PDF_OBJECTS_MAX: usize = 500_000;
/// How many objects and parts of objects of a PDF are looked at, those that are asked for again
/// included.
pub const PDF_PARSED_MAX: usize = 20_000_000;
/// The longest string of a PDF, in bytes.
pub const PDF_STRING_BYTES_MAX: usize = 64 * 1024;
/// The most pages of a PDF.
pub const PDF_PAGES_MAX: usize = 10_000;
/// The most fonts of a PDF.
pub const PDF_FONTS_MAX: usize = 1_000;
/// The most codes that all fonts of a PDF map, to characters and to widths.
pub const PDF_CODES_MAX: usize = 500_000;
/// The most characters on a page of a PDF.
pub const PDF_GLYPHS_MAX: usize = 200_000;
/// The most words of a PDF.
pub const PDF_WORDS_MAX: usize = 1_000_000;
/// How many records are searched for the header line of a CSV file.
pub const HEADER_RECORDS_MAX: usize = 60;
/// How many records are looked at to find the delimiter of a CSV file.
pub const SNIFF_RECORDS_MAX: usize = 500;
/// The first and last year that a date in a statement may have.
pub const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// What one reading may take. The limits that are no fields of it hold for every reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file_bytes_max: u64,
    /// The most entries (CSV: records).
    pub entries_max: usize,
    /// The most text, in bytes, that is needed at once: an entry of CAMT with all that is in it.
    pub part_bytes_max: usize,
    /// The most elements of such a part.
    pub part_elements_max: usize,
    /// How much text is held where no part needs more, in bytes.
    pub window_bytes: usize,
}

impl Limits {
    /// Where all entries are kept in memory.
    pub const COLLECTED: Self = Self {
        file_bytes_max: FILE_BYTES_MAX as u64,
        entries_max: ENTRIES_MAX,
        part_bytes_max: FILE_BYTES_MAX,
        part_elements_max: ELEMENTS_MAX,
        window_bytes: 256 * 1024,
    };
    /// Where entries are handed on: a file of gigabytes takes less than 100 MB of memory.
    pub const HANDED_ON: Self = Self {
        file_bytes_max: 4 * 1024 * 1024 * 1024,
        entries_max: 50_000_000,
        part_bytes_max: 8 * 1024 * 1024,
        part_elements_max: 200_000,
        window_bytes: 256 * 1024,
    };
}
