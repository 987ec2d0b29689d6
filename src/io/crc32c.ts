/**
 * CRC-32C (Castagnoli), the checksum of TensorFlow's record files. `zlib.crc32` has another polynomial, that of zip
 * and gzip.
 */

/** The polynomial, its bits reversed. */
const POLYNOMIAL = 0x82f63b78

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) =>
  Array.from({ length: 8 }).reduce<number>(crc => (crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1), byte),
)

/** The checksum of bytes, 0 … 2^32 - 1; of the digits "123456789" it is 0xE3069283. */
export const crc32c = (bytes: Uint8Array): number =>
  ~bytes.reduce((crc, byte) => TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8), ~0) >>> 0
