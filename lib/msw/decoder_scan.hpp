// Where the plain part of a line ends, sixteen bytes at a time where the machine can.
#pragma once

#include "msw/chars.hpp"

#include <bit>
#include <cstddef>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace msw::scan {

/// Bytes behind the end of what is scanned that must be readable. What they hold doesn't matter.
inline constexpr std::size_t kSlack = 16;

/// @return the first byte that isn't chars::kPlain (a line end, most often), or `end`
[[nodiscard]] inline const char* first_not_plain(const char* from, const char* end) noexcept {
#if defined(__SSE2__)
    for (; from < end; from += kSlack) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        // Signed: what is above 0x7f counts as below a space, too.
        const __m128i control = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
        const __m128i percent = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('%'));
        const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
        const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(percent, del))));
        if (found != 0) {
            const char* at = from + std::countr_zero(found);
            return at < end ? at : end;
        }
    }
    return end;
#else
    while (from < end && chars::is(*from, chars::kPlain)) ++from;
    return from;
#endif
}

}  // namespace msw::scan
