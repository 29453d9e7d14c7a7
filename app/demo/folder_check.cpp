#include "app/demo/folder_check.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <functional>

namespace armillary::app {
namespace {

using widgets::FolderVerdict;
using widgets::ModelChoice;
using Contents = std::shared_ptr<const SnapshotContents>;

QString words(const char* text)
{
    return FolderCheck::tr(text);
}

QString factOf(const SnapshotContents& contents, const std::string& name)
{
    for (const auto& [key, value] : contents.facts) {
        if (key == name)
            return QString::fromStdString(value);
    }
    return {};
}

// The first tensor whose dotted name passes; nothing when none does.
const SnapshotTensor* findTensor(const SnapshotModule& module, const std::string& above,
                                 const std::function<bool(const std::string&)>& isMeant)
{
    const std::string prefix = above + module.name + (module.name.empty() ? "" : ".");
    for (const SnapshotTensor& tensor : module.tensors) {
        if (isMeant(prefix + tensor.name))
            return &tensor;
    }
    for (const SnapshotModule& child : module.modules) {
        if (const SnapshotTensor* found = findTensor(child, prefix, isMeant))
            return found;
    }
    return nullptr;
}

// Width of the language model's token vectors; 0 where there is none.
std::int64_t widthOf(const SnapshotContents& model)
{
    const SnapshotTensor* table = findTensor(model.root, {}, [](const std::string& name) {
        return name.ends_with("embed_tokens.weight") || name.ends_with("token_embedding.weight") ||
               name.ends_with("decoder.head.weight");
    });
    return table == nullptr || table->shape.size() != 2 ? 0 : table->shape[1];
}

// What the projector's first matrix takes and its last one gives; 0 where there is none.
std::pair<std::int64_t, std::int64_t> projectorOf(const SnapshotContents& theWorld)
{
    std::pair<std::int64_t, std::int64_t> out{0, 0};
    const std::function<void(const SnapshotModule&, const std::string&)> visit = [&](const SnapshotModule& module,
                                                                                     const std::string& above) {
        const std::string prefix = above + module.name + (module.name.empty() ? "" : ".");
        for (const SnapshotTensor& tensor : module.tensors) {
            const bool isMatrix = tensor.shape.size() == 2 && (prefix + tensor.name).starts_with("world_projector.") &&
                                  tensor.name == "weight";
            if (isMatrix && out.first == 0)
                out.first = tensor.shape[1];
            if (isMatrix)
                out.second = tensor.shape[0];
        }
        for (const SnapshotModule& child : module.modules)
            visit(child, prefix);
    };
    visit(theWorld.root, {});
    return out;
}

const SnapshotModule* partOf(const SnapshotContents& pipeline, const std::string& name)
{
    const auto found = std::find_if(pipeline.root.modules.begin(), pipeline.root.modules.end(),
                                    [&name](const SnapshotModule& module) { return module.name == name; });
    return found == pipeline.root.modules.end() ? nullptr : &*found;
}

// What the weights take on the device, in the format that is chosen.
std::int64_t bytesAs(NumberFormat format, std::int64_t elements, std::int64_t stored)
{
    switch (format) {
    case NumberFormat::Float32: return 4 * elements;
    case NumberFormat::BFloat16: return 2 * elements;
    case NumberFormat::Auto: return stored;
    }
    return stored;
}

void addFacts(FolderVerdict& verdict, const SnapshotContents& contents, std::initializer_list<const char*> names)
{
    for (const char* name : names) {
        if (const QString value = factOf(contents, name); !value.isEmpty())
            verdict.details << QStringLiteral("%1: %2").arg(QLatin1String(name), value);
    }
    for (const std::string& problem : contents.problems) {
        verdict.details << QString::fromStdString(problem);
        verdict.isGood = false;
    }
}

FolderVerdict unreadable(const QString& part, const QString& path, const FolderFacts& facts)
{
    FolderVerdict out;
    out.part = part;
    out.isGood = false;
    const auto problem = facts.problems.find(path);
    out.said = problem == facts.problems.end() ? words("nothing could be read") : problem->second;
    return out;
}

FolderVerdict verdictOnModel(const ModelChoice& choice, const FolderFacts& facts)
{
    if (!facts.model)
        return unreadable(words("Gemma 3 or nanoVLM"), choice.model, facts);
    FolderVerdict out;
    const bool isNanoVlm = facts.model->architecture == "nanoVLM";
    out.part = isNanoVlm ? words("nanoVLM") : words("Gemma 3");
    out.elements = facts.model->parameters();
    out.bytes = bytesAs(choice.format, out.elements, facts.model->root.bytes);
    out.isGood =
        widthOf(*facts.model) > 0 && (isNanoVlm || facts.model->architecture.find("Gemma3") != std::string::npos);
    out.said = out.isGood ? QString::fromStdString(facts.model->architecture)
                          : words("neither a Gemma 3 nor a nanoVLM model: config.json says “%1”")
                                .arg(QString::fromStdString(facts.model->architecture));
    addFacts(out, *facts.model,
             {"text_config.hidden_size", "text_config.num_hidden_layers", "text_config.num_attention_heads",
              "vision_config.image_size", "mm_tokens_per_image", "lm_hidden_dim", "lm_n_blocks", "lm_n_heads",
              "vit_img_size", "max_img_size", "mp_image_token_length"});
    return out;
}

FolderVerdict verdictOnTheWorld(const ModelChoice& choice, const FolderFacts& facts)
{
    if (!facts.theWorld)
        return unreadable(words("TheWorld checkpoint"), choice.theWorld, facts);
    FolderVerdict out;
    out.part = words("TheWorld checkpoint");
    out.elements = facts.theWorld->parameters();
    out.bytes = bytesAs(choice.worldFormat, out.elements, facts.theWorld->root.bytes);
    const auto [in, width] = projectorOf(*facts.theWorld);
    out.isGood = width > 0;
    out.said = out.isGood ? words("projector of %1 latent channels to %2 numbers a token").arg(in).arg(width)
                          : words("no world projector among its weights");
    addFacts(out, *facts.theWorld,
             {"model_type", "gemma_model_name", "cosmos_model_name", "world_projection_mode",
              "projection_architecture"});
    return out;
}

FolderVerdict verdictOnWorld(const ModelChoice& choice, const FolderFacts& facts)
{
    if (!facts.world)
        return unreadable(words("Cosmos pipeline"), choice.world, facts);
    FolderVerdict out;
    out.part = words("Cosmos pipeline");
    const SnapshotModule* vae = partOf(*facts.world, "vae");
    // Parts are used one after another, and the text encoder goes before the others come.
    for (const char* name : {"vae", "transformer"}) {
        if (const SnapshotModule* part = partOf(*facts.world, name)) {
            out.elements += part->elements;
            out.bytes += bytesAs(choice.worldFormat, part->elements, part->bytes);
            out.details << words("%1: %2 million parameters")
                               .arg(QLatin1String(name), QLocale().toString(double(part->elements) / 1e6, 'f', 1));
        }
    }
    out.isGood = vae != nullptr;
    if (vae == nullptr)
        out.said = words("no folder vae in it: world tokens need that one");
    else if (partOf(*facts.world, "transformer") == nullptr)
        out.said = words("its VAE makes world tokens; it cannot predict, the folder transformer is missing");
    else
        out.said = words("it makes world tokens and predicts");
    addFacts(out, *facts.world, {"vae.z_dim", "transformer.num_layers"});
    return out;
}

FolderVerdict verdictOnFit(const FolderFacts& facts)
{
    FolderVerdict out;
    out.part = words("Together");
    const auto [in, width] = projectorOf(*facts.theWorld);
    const std::int64_t wanted = facts.model ? widthOf(*facts.model) : 0;
    const QString channels = facts.world ? factOf(*facts.world, "vae.z_dim") : QString();
    if (wanted != 0 && width != wanted) {
        out.isGood = false;
        out.said = words("the projector gives %1 numbers a token, Gemma reads %2: they were not made for each other")
                       .arg(width)
                       .arg(wanted);
    } else if (!channels.isEmpty() && channels.toLongLong() != in) {
        out.isGood = false;
        out.said = words("the projector takes %1 latent channels, the VAE gives %2: they were not made for each other")
                       .arg(in)
                       .arg(channels);
    } else {
        out.said = words("shapes fit each other");
    }
    return out;
}

FolderVerdict verdictOnMemory(const ModelChoice& choice, std::int64_t needed, std::int64_t freeBytes)
{
    FolderVerdict out;
    out.part = words("Memory");
    out.bytes = needed;
    const QLocale locale;
    const QString need = locale.formattedDataSize(needed);
    if (choice.device.startsWith(QLatin1String("cuda")))
        out.said =
            words("%1 of weights; what a run computes comes on top. How much the GPU has free is asked when it loads.")
                .arg(need);
    else if (freeBytes == 0)
        out.said = words("%1 of weights; what a run computes comes on top").arg(need);
    else if (needed > freeBytes) {
        out.isGood = false;
        out.said =
            words("%1 of weights, and only %2 of main memory are free").arg(need, locale.formattedDataSize(freeBytes));
    } else {
        out.said = words("%1 of weights; %2 of main memory are free").arg(need, locale.formattedDataSize(freeBytes));
    }
    return out;
}

}  // namespace

std::vector<FolderVerdict> verdictsOn(const ModelChoice& choice, const FolderFacts& facts, std::int64_t freeBytes)
{
    std::vector<FolderVerdict> out;
    if (!choice.model.isEmpty())
        out.push_back(verdictOnModel(choice, facts));
    if (!choice.theWorld.isEmpty())
        out.push_back(verdictOnTheWorld(choice, facts));
    if (!choice.world.isEmpty())
        out.push_back(verdictOnWorld(choice, facts));
    if (out.empty())
        return out;
    std::int64_t needed = 0;
    for (const FolderVerdict& verdict : out)
        needed += verdict.bytes;
    if (facts.theWorld && (facts.model || facts.world))
        out.push_back(verdictOnFit(facts));
    out.push_back(verdictOnMemory(choice, needed, freeBytes));
    return out;
}

std::int64_t availableBytes()
{
    QFile memory(QStringLiteral("/proc/meminfo"));
    if (!memory.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray& line : memory.readAll().split('\n')) {
        if (line.startsWith("MemAvailable:"))
            return line.mid(13).trimmed().split(' ').front().toLongLong() * 1024;
    }
    return 0;
}

FolderCheck::FolderCheck(QObject* parent) : QObject(parent)
{
    connect(&m_snapshots, &SnapshotService::ready, this,
            [this](const Contents& contents) { took(QString::fromStdString(contents->folder), contents, {}); });
    connect(&m_snapshots, &SnapshotService::failed, this,
            [this](const QString& path, const QString& sentence) { took(path, nullptr, sentence); });
}

void FolderCheck::check(const ModelChoice& choice)
{
    m_choice = choice;
    const auto clean = [](QString& path) {
        if (!path.isEmpty())
            path = QDir::cleanPath(path);
    };
    clean(m_choice.model);
    clean(m_choice.theWorld);
    clean(m_choice.world);
    m_facts = {};
    m_wanted.clear();
    for (const QString& path : {m_choice.model, m_choice.theWorld, m_choice.world}) {
        if (!path.isEmpty() && !m_wanted.contains(path)) {
            m_wanted << path;
            m_snapshots.read(path);
        }
    }
    if (m_wanted.isEmpty())
        QMetaObject::invokeMethod(
            this, [this] { Q_EMIT checked({}); }, Qt::QueuedConnection);
}

void FolderCheck::took(const QString& path, const Contents& contents, const QString& problem)
{
    if (!m_wanted.removeOne(path))
        return;
    if (!contents)
        m_facts.problems[path] = problem;
    if (path == m_choice.model)
        m_facts.model = contents;
    if (path == m_choice.theWorld)
        m_facts.theWorld = contents;
    if (path == m_choice.world)
        m_facts.world = contents;
    if (m_wanted.isEmpty())
        Q_EMIT checked(verdictsOn(m_choice, m_facts, availableBytes()));
}

}  // namespace armillary::app
