#include "language/kv_cache.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace armillary::language {
namespace {

// Room for `needed` positions, the first `kept` of them copied over. An eighth to spare instead of a doubling: a long prompt
// of a 4B model holds gigabytes, and an answer adds only a few hundred positions.
at::Tensor grown(const at::Tensor& old, const at::Tensor& like, std::int64_t kept, std::int64_t needed)
{
    if (old.defined() && old.size(1) >= needed)
        return old;
    const std::int64_t capacity = needed + std::max<std::int64_t>(64, needed / 8);
    at::Tensor larger = at::empty({like.size(0), capacity, like.size(2)}, like.options());
    if (kept > 0)
        larger.narrow(1, 0, kept).copy_(old.narrow(1, 0, kept));
    return larger;
}

}  // namespace

void KvCache::truncate(std::int64_t length)
{
    m_length = std::clamp<std::int64_t>(length, 0, m_length);
}

void KvCache::append(std::int64_t layer, const at::Tensor& keys, const at::Tensor& values)
{
    Layer& into = m_layers.at(static_cast<std::size_t>(layer));
    const std::int64_t added = keys.size(1);
    into.keys = grown(into.keys, keys, m_length, m_length + added);
    into.values = grown(into.values, values, m_length, m_length + added);
    into.keys.narrow(1, m_length, added).copy_(keys);
    into.values.narrow(1, m_length, added).copy_(values);
}

at::Tensor KvCache::keys(std::int64_t layer, std::int64_t length) const
{
    return m_layers.at(static_cast<std::size_t>(layer)).keys.narrow(1, 0, length);
}

at::Tensor KvCache::values(std::int64_t layer, std::int64_t length) const
{
    return m_layers.at(static_cast<std::size_t>(layer)).values.narrow(1, 0, length);
}

std::int64_t KvCache::bytes() const
{
    std::int64_t total = 0;
    for (const Layer& layer : m_layers)
        if (layer.keys.defined())
            total += static_cast<std::int64_t>(layer.keys.nbytes() + layer.values.nbytes());
    return total;
}

}  // namespace armillary::language
