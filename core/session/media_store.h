// The pictures of a session: a folder of PNG files named by their content, so that a frame that many runs saw lies there once.
//
// A name is 32 hexadecimal digits of the pixels and their size. A file whose pixels do not give its name is refused, so a
// damaged or exchanged picture never passes for the one that a run saw.
// Thread rule: one thread at a time; pictures handed out are immutable.
#pragma once

#include "base/error.h"
#include "records/image.h"

#include <memory>
#include <set>
#include <string>

namespace armillary::session {

// The name of a picture's content.
[[nodiscard]] std::string contentKey(const Image& image);

class MediaStore {
public:
    // `folder` need not exist before the first put().
    explicit MediaStore(std::string folder) : m_folder(std::move(folder)) {}

    // Keeps the picture and gives its name; one that lies there whole is not written again. Errors: FileWrite, InvalidInput
    // (an empty picture).
    [[nodiscard]] Result<std::string> put(const Image& image);
    // Errors: FileRead (missing, damaged), InvalidInput (no name of this store).
    [[nodiscard]] Result<Image> get(const std::string& key) const;

private:
    [[nodiscard]] std::string pathOf(const std::string& key) const { return m_folder + "/" + key + ".png"; }

    std::string m_folder;
    std::set<std::string> m_known;  // written or checked by this object
};

}  // namespace armillary::session
