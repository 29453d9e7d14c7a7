// The one error type of the project, and Result<T>, which every function returns that a user or a file can make fail.
// Thread rule: plain values, safe everywhere.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace armillary {

enum class ErrorCode {
    InvalidInput,   // what the user gave cannot be used as it is
    FileRead,       // a file is missing, unreadable or broken
    FileWrite,      // a file could not be written
    ModelMismatch,  // a snapshot's parts do not fit each other or its configuration
    OutOfMemory,    // host or device memory did not suffice; the session stays usable
    DeviceLost,     // the accelerator failed or is not there
    Cancelled,      // carries a stop up the stack; never shown as a failure
    Internal,       // a fault of ours
};

// One sentence that names the thing and the remedy. File paths stand last in the sentence.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message)
{
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

// The same error, its sentence led by what was being done: "loading the tokenizer: no such file ...".
[[nodiscard]] inline tl::unexpected<Error> failWhile(const std::string& doing, Error error)
{
    error.message = doing + ": " + error.message;
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace armillary
