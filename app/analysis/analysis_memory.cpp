#include "app/analysis/analysis_memory.h"

#include <algorithm>
#include <utility>

namespace armillary::app {
namespace {

bool same(const AnalysisRequest& a, const AnalysisRequest& b)
{
    return a.name == b.name && a.arguments == b.arguments;
}

std::int64_t bytesOf(const AnalysisResult& result)
{
    std::int64_t bytes = 0;
    for (const auto& [name, array] : result.arrays)
        bytes += array.values.elementCount() * elementBytes(array.values.type);
    return bytes;
}

}  // namespace

AnalysisRequest completed(const AnalysisEntry& entry, AnalysisRequest request)
{
    for (const AnalysisArgument& argument : entry.arguments)
        request.arguments.emplace(argument.name, argument.standard);
    return request;
}

void AnalysisMemory::forgetGone()
{
    std::erase_if(m_records, [](const auto& known) { return known.second.record.expired(); });
}

AnalysisMemory::RunKey AnalysisMemory::keyOfName(const QString& name)
{
    const auto [found, isNew] = m_names.try_emplace(name, m_lastRun + 1);
    if (isNew)
        ++m_lastRun;
    return found->second;
}

AnalysisMemory::RunKey AnalysisMemory::knownKeyOf(const RunRecord* record) const
{
    const auto found = m_records.find(record);
    // An address that a record left may be another's now.
    return found == m_records.end() || found->second.record.expired() ? 0 : found->second.run;
}

AnalysisMemory::RunKey AnalysisMemory::keyOf(const std::shared_ptr<const RunRecord>& record)
{
    if (const RunKey known = knownKeyOf(record.get()); known != 0)
        return known;
    forgetGone();
    m_records[record.get()] = {record, ++m_lastRun};
    return m_lastRun;
}

void AnalysisMemory::name(const std::shared_ptr<const RunRecord>& record, const QString& name)
{
    const RunKey before = knownKeyOf(record.get());
    if (before != 0 && !m_names.contains(name)) {
        m_names[name] = before;
        return;
    }
    const RunKey run = keyOfName(name);
    forgetGone();
    m_records[record.get()] = {record, run};
    if (before == 0 || before == run)
        return;
    for (Kept& kept : m_computed) {
        if (kept.run == before)
            kept.run = run;
    }
}

void AnalysisMemory::keep(RunKey run, const AnalysisRequest& request, std::shared_ptr<const AnalysisResult> result)
{
    const std::int64_t bytes = bytesOf(*result);
    m_computed.push_front({run, request, std::move(result), bytes});
    m_bytes += bytes;
    while (m_bytes > kBytes && m_computed.size() > 1) {
        m_bytes -= m_computed.back().bytes;
        m_computed.pop_back();
    }
}

void AnalysisMemory::keepOfSession(const QString& name,
                                   const std::vector<std::shared_ptr<const AnalysisResult>>& results)
{
    const RunKey run = keyOfName(name);
    std::erase_if(m_ofSession, [run](const Kept& kept) { return kept.run == run; });
    for (const auto& result : results)
        m_ofSession.push_back({run, result->request, result, 0});
}

void AnalysisMemory::forgetSession()
{
    m_ofSession.clear();
}

std::shared_ptr<const AnalysisResult> AnalysisMemory::find(RunKey run, const AnalysisRequest& request) const
{
    if (run == 0)
        return nullptr;
    const auto matches = [&](const Kept& kept) { return kept.run == run && same(kept.request, request); };
    if (const auto found = std::find_if(m_computed.begin(), m_computed.end(), matches); found != m_computed.end()) {
        m_computed.splice(m_computed.begin(), m_computed, found);
        return m_computed.front().result;
    }
    const auto found = std::find_if(m_ofSession.rbegin(), m_ofSession.rend(), matches);
    return found == m_ofSession.rend() ? nullptr : found->result;
}

std::shared_ptr<const AnalysisResult> AnalysisMemory::findByName(RunKey run, const std::string& name) const
{
    if (run == 0)
        return nullptr;
    const auto found = std::find_if(m_ofSession.rbegin(), m_ofSession.rend(),
                                    [&](const Kept& kept) { return kept.run == run && kept.request.name == name; });
    return found == m_ofSession.rend() ? nullptr : found->result;
}

}  // namespace armillary::app
