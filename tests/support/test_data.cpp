#include "support/test_data.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace armillary::test {

std::string dataPath(std::string_view relative)
{
    return std::string(ARMILLARY_TEST_DATA) + "/" + std::string(relative);
}

std::string sourcePath(std::string_view relative)
{
    return std::string(ARMILLARY_SOURCE_DIR) + "/" + std::string(relative);
}

std::string makeTemporaryFolder()
{
    std::string pattern = (std::filesystem::temp_directory_path() / "armillary-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("cannot make a temporary folder");
    return pattern;
}

}  // namespace armillary::test
