#include "neusoc.h"

/* CRC-8 of seven bytes, x^8 + x^2 + x + 1, begun with ones. */
static uint8_t check_of(const uint8_t *data) {
  uint32_t found = 0xFF;
  for (uint32_t k = 0; k < NEUSOC_FRAME - 1; k++) {
    found ^= data[k];
    for (uint32_t bit = 0; bit < 8; bit++) found = (found << 1) ^ (found & 0x80 ? 0x107u : 0u);
  }
  return (uint8_t)found;
}

void neusoc_answer(const uint8_t asked[NEUSOC_FRAME], uint8_t answer[NEUSOC_FRAME]) {
  uint32_t kind = asked[6] & 0xFu, offset = asked[0] | (uint32_t)asked[1] << 8, word = 0;
  for (uint32_t k = 0; k < 4; k++) word |= (uint32_t)asked[2 + k] << (8 * k);
  if (asked[7] != check_of(asked) || (kind != NEUSOC_ASK_READ && kind != NEUSOC_ASK_WRITE)) {
    kind = NEUSOC_FRAME_REFUSED;
    word = NEUSOC_BAD_CHECK;
  } else if (kind == NEUSOC_ASK_READ) {
    kind = NEUSOC_VALUE;
    word = neusoc_read(offset);
  } else {
    kind = NEUSOC_WRITTEN;
    neusoc_write(offset, word);
  }
  answer[0] = asked[0];
  answer[1] = asked[1];
  for (uint32_t k = 0; k < 4; k++) answer[2 + k] = (uint8_t)(word >> (8 * k));
  answer[6] = (uint8_t)((asked[6] & 0xF0u) | kind);
  answer[7] = check_of(answer);
}
