//! A set that grows for ever in memory that does not: it says of a key that it was never put in, or
//! that it may have been. A split block Bloom filter (Putze, Sanders and Singler, "Cache-, hash-
//! and space-efficient Bloom filters", 2007; in the form of Apache Parquet's, with words of 64
//! bits): a key sets one bit in each of a block's eight words.

use kernel::Uuid;

/// A block: 512 bits, which one look at the memory brings.
pub(super) type Block = [u64; 8];

/// The blocks of the first generation.
const BLOCKS_FIRST: usize = 512;
/// Each generation is so many times as large as the one before it.
const GROWTH: usize = 4;
/// The blocks of all generations: 64 MiB.
const BLOCKS_MAX: usize = 1 << 20;
/// The keys for which a block is made: 16 bits each, of 1,000 strange keys one is taken for known.
const KEYS_PER_BLOCK: usize = 32;

/// The keys that were put in. When a generation is full another one begins; the last one is filled
/// further, and says "maybe" more and more often.
#[derive(Default)]
pub(super) struct Filter {
    generations: Vec<Generation>,
}

struct Generation {
    blocks: Vec<Block>,
    keys: usize,
}

/// Some neighbouring blocks of a filter, to be written down.
pub(super) struct Stretch {
    /// Which generation, from 0; how many blocks and keys it has.
    pub generation: usize,
    pub blocks: usize,
    pub keys: usize,
    /// The number of the first of these.
    pub from: usize,
    pub words: Vec<Block>,
}

impl Filter {
    pub(super) fn insert(&mut self, key: u128) {
        let last = self.generations.last();
        if last.is_none_or(|last| last.keys >= last.blocks.len() * KEYS_PER_BLOCK) {
            let wanted = last.map_or(BLOCKS_FIRST, |last| last.blocks.len() * GROWTH);
            let blocks = wanted.min(BLOCKS_MAX - self.size());
            if blocks > 0 {
                self.generations.push(Generation { blocks: vec![[0; 8]; blocks], keys: 0 });
            }
        }
        let Some(last) = self.generations.last_mut() else { return };
        let (place, bits) = place_and_bits(key, last.blocks.len());
        for (word, bit) in last.blocks[place].iter_mut().zip(bits) {
            *word |= bit;
        }
        last.keys += 1;
    }

    /// Whether a key may have been put in; false is certain.
    pub(super) fn may_contain(&self, key: u128) -> bool {
        self.generations.iter().any(|generation| {
            let (place, bits) = place_and_bits(key, generation.blocks.len());
            generation.blocks[place].iter().zip(bits).all(|(word, bit)| word & bit != 0)
        })
    }

    /// All of it, at most `count` blocks at a time.
    pub(super) fn stretches(&self, count: usize) -> impl Iterator<Item = Stretch> + Send {
        (0..).zip(&self.generations).flat_map(move |(generation, one)| {
            let (blocks, keys) = (one.blocks.len(), one.keys);
            one.blocks.chunks(count).enumerate().map(move |(index, words)| Stretch {
                generation,
                blocks,
                keys,
                from: index * count,
                words: words.to_vec(),
            })
        })
    }

    /// Takes back a stretch that was written down; false where it does not fit the ones before it.
    pub(super) fn restore(&mut self, stretch: &Stretch) -> bool {
        let Stretch { generation, blocks, keys, from, .. } = *stretch;
        if generation == self.generations.len() && (1..=BLOCKS_MAX - self.size()).contains(&blocks)
        {
            self.generations.push(Generation { blocks: vec![[0; 8]; blocks], keys });
        }
        let generation = self.generations.get_mut(generation);
        let behind = generation.and_then(|one| one.blocks.get_mut(from..));
        let place = behind.and_then(|blocks| blocks.get_mut(..stretch.words.len()));
        place.map(|place| place.copy_from_slice(&stretch.words)).is_some()
    }

    /// The blocks of all generations.
    fn size(&self) -> usize {
        self.generations.iter().map(|one| one.blocks.len()).sum()
    }
}

/// The block of a key, and its bit in each word. Keys need not be random.
fn place_and_bits(key: u128, blocks: usize) -> (usize, [u64; 8]) {
    let (high, low) = Uuid::from_u128(key).as_u64_pair();
    let first = mixed(low ^ mixed(high));
    let second = mixed(first);
    let place = (u128::from(first) * blocks as u128) >> 64;
    let bit = |word: usize| 1 << (second >> (6 * word) & 63);
    (usize::try_from(place).unwrap_or(0), std::array::from_fn(bit))
}

/// The end of SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_never_denied_and_little_else_is_thought_known() {
        let mut filter = Filter::default();
        assert!(!filter.may_contain(7));
        // Keys as like each other as can be, over four generations.
        let count = 1_000_000_u128;
        (0..count).for_each(|key| filter.insert(key << 40));
        assert!((0..count).all(|key| filter.may_contain(key << 40)));
        let wrong = (0..count).filter(|key| filter.may_contain((key << 40) + 1)).count();
        assert!(wrong < 5_000, "{wrong} of a million strange keys may be known");
        assert!(filter.size() * 64 < 4 << 20, "{} blocks", filter.size());
    }

    #[test]
    fn memory_has_an_end_and_no_key_is_lost_behind_it() {
        let mut filter = Filter::default();
        filter.generations.push(Generation { blocks: vec![[0; 8]; BLOCKS_MAX - 1], keys: 0 });
        filter.generations[0].keys = usize::MAX;
        (0..200).for_each(|key| filter.insert(key));
        assert_eq!(filter.generations.len(), 2);
        assert_eq!(filter.generations[1].blocks.len(), 1);
        assert!((0..200).all(|key| filter.may_contain(key)));
    }

    #[test]
    fn a_filter_is_restored_as_it_was() {
        let mut filter = Filter::default();
        (0..40_000).for_each(|key| filter.insert(key));
        let mut other = Filter::default();
        assert!(filter.stretches(100).all(|stretch| other.restore(&stretch)));
        let same = filter
            .generations
            .iter()
            .zip(&other.generations)
            .all(|(one, two)| one.keys == two.keys && one.blocks == two.blocks);
        assert!(same && filter.generations.len() == other.generations.len());
        // What is damaged is refused, and harms nothing.
        let next = other.generations.len();
        for (generation, blocks, from, words) in [
            (9, 1, 0, 0),
            (next, 0, 0, 0),
            (next, BLOCKS_MAX, 0, 0),
            (0, 0, usize::MAX, 1),
            (0, 0, BLOCKS_FIRST, 1),
        ] {
            let words = vec![[0; 8]; words];
            let strange = Stretch { generation, blocks, keys: 1, from, words };
            assert!(!other.restore(&strange));
        }
        assert!((0..40_000).all(|key| other.may_contain(key)));
    }
}
