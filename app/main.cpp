// The window's entry: arguments, look, engine.
#include "app/main_window.h"

#include "engine/engine.h"

#include <QApplication>
#include <QCommandLineParser>

#include <cstdlib>
#include <optional>

namespace {

using armillary::NumberFormat;
using armillary::widgets::ModelChoice;

struct Arguments {
    std::optional<ModelChoice> models;  // nothing: none
    QStringList media;
    QString session;
};

Arguments parseArguments(const QApplication& application, ModelChoice remembered)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QCoreApplication::translate("main", "Ask vision-language models with a world model, and see inside."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption model("model", QCoreApplication::translate("main", "Gemma 3 or nanoVLM folder"), "folder");
    const QCommandLineOption theWorld("theworld", QCoreApplication::translate("main", "TheWorld folder"), "folder");
    const QCommandLineOption world("world", QCoreApplication::translate("main", "Cosmos pipeline folder"), "folder");
    const QCommandLineOption device("device", QCoreApplication::translate("main", "auto, cpu or cuda:N"), "name");
    const QCommandLineOption demo("demo", QCoreApplication::translate("main", "use the embedded demo model"));
    const QCommandLineOption noModel("no-model", QCoreApplication::translate("main", "load no model"));
    parser.addOptions({model, theWorld, world, device, demo, noModel});
    parser.addPositionalArgument(
        "media",
        QCoreApplication::translate("main", "pictures, folders of frames, videos and a session NAME.armillary to open"),
        "[media… session]");
    parser.process(application);

    Arguments out{std::move(remembered), {}, {}};
    for (const QString& path : parser.positionalArguments()) {
        if (armillary::app::SessionService::isSession(path))
            out.session = path;
        else
            out.media << path;
    }
    if (parser.isSet(model) || parser.isSet(theWorld))
        out.models = ModelChoice{.demo = false,
                                 .model = parser.value(model),
                                 .theWorld = parser.value(theWorld),
                                 .world = parser.value(world)};
    // The embedded demo made no session that somebody wants to see with its models.
    else if (!out.session.isEmpty() && out.models->demo)
        out.models.reset();
    if (parser.isSet(demo)) {
        out.models = out.models.value_or(ModelChoice());
        out.models->demo = true;
    }
    if (parser.isSet(device) && out.models)
        out.models->device = parser.value(device);
    if (parser.isSet(noModel))
        out.models.reset();
    return out;
}

}  // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("armillary"));
    QApplication::setOrganizationName(QStringLiteral("armillary"));
    QApplication::setApplicationDisplayName(QStringLiteral("Armillary"));
    QApplication::setApplicationVersion(QStringLiteral(ARMILLARY_VERSION));

    int code = 0;
    bool ended = false;
    {
        const armillary::app::Settings settings;
        const bool isFirst = settings.isFirstStart() && argc == 1;
        const Arguments arguments = parseArguments(application, settings.models());
        armillary::app::MainWindow window(&armillary::makeEngine, armillary::modelAnalyses());
        window.show();
        if (isFirst)
            window.showFirstMinutes();
        if (arguments.models)
            window.loadModels(*arguments.models);
        window.openMedia(arguments.media);
        if (!arguments.session.isEmpty())
            window.openSession(arguments.session);
        code = QApplication::exec();
        ended = window.hasInferenceEnded();
    }
    // A computation that would not stop in time must not meet the end of the program's globals.
    if (!ended)
        std::_Exit(code);
    return code;
}
