#include "app/giving_way.h"

#include <QThread>

#ifdef Q_OS_LINUX
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace armillary::app {

void giveWay(QThread& thread)
{
    // Emitted by the thread that starts.
    QObject::connect(
        &thread, &QThread::started, &thread,
        [] {
#ifdef Q_OS_LINUX
            // Linux knows no priorities for Qt to set, but a niceness for each thread. A tenth of what others get, as for
            // programs that are started with `nice`. Half of it was too little: the display server waited for its turn.
            constexpr int kNiceness = 10;
            setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNiceness);
#else
            QThread::currentThread()->setPriority(QThread::LowPriority);
#endif
        },
        Qt::DirectConnection);
}

}  // namespace armillary::app
