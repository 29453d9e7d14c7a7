// How long a saved session of real size takes to open: 4,200 positions, 34 layers with queries, keys and values, 1.2 GB a run.
//   session_bench [FOLDER]     where the session is written, the system's temporary folder otherwise; it is removed again
// Prints milliseconds from the wish to the list of runs, to the first record, to the record with all its tensors, and the longest
// time that the calling thread was kept from its event loop.
#include "app/session/session_service.h"
#include "session/session.h"
#include "support/large_record.h"
#include "window_support/event_loop_watch.h"
#include "window_support/waiting.h"

#include <fmt/format.h>

#include <QCoreApplication>
#include <QElapsedTimer>

#include <cstdio>
#include <filesystem>

int main(int argc, char** argv)
{
    using namespace armillary;
    QCoreApplication application(argc, argv);
    const std::filesystem::path root =
        std::filesystem::path(argc > 1 ? argv[1] : std::filesystem::temp_directory_path()) / "armillary-session-bench";
    const std::string path = (root / "large.armillary").string();
    std::filesystem::create_directories(root);
    {
        auto session = session::Session::create(path);
        if (!session || !(*session)->append(test::largeRecord()))
            return 1;
        fmt::print("on disk           {:8.1f} MB\n", static_cast<double>((*session)->runs()[0].fileBytes) / 1e6);
    }
    {
        app::SessionService service(QString::fromStdString((root / "own").string()));
        (void)test::waitUntil([&] { return service.isIdle(); });
        double listed = -1, first = -1, whole = -1;
        app::RecordPtr part, rest;
        QElapsedTimer clock;
        const auto now = [&clock] { return static_cast<double>(clock.nsecsElapsed()) / 1e6; };
        QObject::connect(&service, &app::SessionService::opened, &service, [&](const app::OpenedSession& session) {
            listed = now();
            service.read(QString::fromStdString(session.runs.at(0).id));
        });
        QObject::connect(&service, &app::SessionService::partRead, &service,
                         [&](quint64, const QString&, const app::RecordPtr& record, bool) {
                             first = now();
                             part = record;
                         });
        QObject::connect(&service, &app::SessionService::restRead, &service,
                         [&](quint64, const QString&, const app::RecordPtr& record) {
                             whole = now();
                             rest = record;
                         });
        test::EventLoopWatch watch;
        clock.start();
        service.open(QString::fromStdString(path));
        const bool done = test::waitUntil([&] { return whole >= 0; }, std::chrono::seconds(120));
        fmt::print("runs listed       {:8.1f} ms\nfirst shown       {:8.1f} ms\nall tensors       {:8.1f} ms\n", listed,
                   first, whole);
        part.reset();
        service.release(std::move(rest));
        test::turnFor(std::chrono::milliseconds(300));
        fmt::print("longest block     {:8.1f} ms\n", watch.longestBlockMilliseconds());
        if (!done)
            return 1;
    }
    std::filesystem::remove_all(root);
    return 0;
}
