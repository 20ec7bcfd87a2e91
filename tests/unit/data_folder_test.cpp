// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <sstream>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/image_file.hpp>

#include "data_reading.hpp"
#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::data;
using lvr::test::TemporaryTree;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using lvr::test::reason_of;
using lvr::test::text_of;
using Reason = ImageError::Reason;

namespace {

Catalog catalog_of(const fs::path& images) { return read_catalog({images.string()}); }

bool noted(const Catalog& catalog, const std::string& part) {
    for (const auto& note : catalog.notes)
        if (note.find(part) != std::string::npos) return true;
    return false;
}

/// Whoever is root may read everything: as nobody in particular, permissions count.
class AsNobody {
  public:
    AsNobody() { was_root_ = geteuid() == 0 && seteuid(65534) == 0; }
    ~AsNobody() {
        if (was_root_ && seteuid(0) != 0) std::terminate();
    }

  private:
    bool was_root_;
};

}  // namespace

TEST_CASE("a folder's pictures come in the byte order of their paths, whatever else is there", "[data]") {
    const TemporaryTree tree;
    for (const char* file : {"b.jpg", "a/z.PNG", "a/y.webp", "a-b.jpeg", "B.jpg", "notes.txt", "old.bmp",
                             ".hidden.jpg", ".cache/c.jpg", "d.jpg.lvr-tmp-1", "x.lvr-tmp/e.jpg"})
        tree.write(file, file);
    const Catalog catalog = catalog_of(tree.root());
    CHECK(catalog.ids == Names{"B.jpg", "a-b.jpeg", "a/y.webp", "a/z.PNG", "b.jpg"});
    CHECK(catalog.paths == catalog.ids);
    CHECK(catalog.rows.empty());
    CHECK(noted(catalog, "1 .bmp file"));
    const ImageReader reader(catalog);
    CHECK(text_of(reader.bytes(3)) == "a/z.PNG");
}

TEST_CASE("the hash knows the images' names and sizes, not where the folder is", "[data]") {
    const TemporaryTree one, other, third;
    for (const TemporaryTree* tree : {&one, &other}) tree->write("a.jpg", "abc");
    third.write("b.jpg", "abc");
    const std::string hash = catalog_of(one.root()).hash;
    CHECK(hash.size() == 64);
    CHECK(catalog_of(other.root()).hash == hash);
    CHECK(catalog_of(third.root()).hash != hash);
    other.write("a.jpg", "another");
    CHECK(catalog_of(other.root()).hash != hash);
}

TEST_CASE("the hash of a list knows its images from others of the same names", "[data]") {
    const TemporaryTree tree;
    tree.write("list.txt", "a.jpg\nnone.jpg\n");
    for (const char* root : {"one", "copy", "other"}) tree.write(std::string(root) + "/a.jpg", root);
    tree.write("copy/a.jpg", "eno");
    const auto hash = [&](const std::string& root) {
        return read_catalog({(tree.root() / "list.txt").string(), (tree.root() / root).string()}).hash;
    };
    const std::string before = hash("one");
    CHECK(hash("copy") == before);
    CHECK(hash("other") != before);
    tree.write("one/none.jpg", "");  // it appears, empty: not the same as none
    CHECK(hash("one") != before);
    fs::remove(tree.root() / "one/none.jpg");
    CHECK(hash("one") == before);
}

TEST_CASE("a large folder's hash does not depend on who looked first", "[data]") {
    const TemporaryTree tree;
    for (int i = 0; i < 3000; ++i) tree.write(std::to_string(i) + ".jpg", std::string(i % 7, 'x'));
    const std::string hash = catalog_of(tree.root()).hash;
    for (int again = 0; again < 5; ++again) CHECK(catalog_of(tree.root()).hash == hash);
    tree.write("2999.jpg", "longer than before");
    CHECK(catalog_of(tree.root()).hash != hash);
}

TEST_CASE("links may go in circles or nowhere", "[data]") {
    const TemporaryTree tree;
    tree.write("a/1.jpg", "1");
    fs::create_directory_symlink("..", tree.root() / "a" / "up");
    fs::create_directory_symlink("a", tree.root() / "b");
    fs::create_symlink("nowhere.jpg", tree.root() / "c.jpg");
    fs::create_symlink("itself.jpg", tree.root() / "itself.jpg");
    const Catalog catalog = catalog_of(tree.root());
    CHECK(catalog.ids == Names{"a/1.jpg", "c.jpg", "itself.jpg"});
    CHECK(noted(catalog, "b/ leads to a folder that was visited before"));
    const ImageReader reader(catalog);
    CHECK(reason_of(reader, 1) == Reason::missing);
    CHECK(reason_of(reader, 2) == Reason::unreadable);
}

TEST_CASE("a folder or a pipe called like a picture is an image that cannot be read", "[data]") {
    const TemporaryTree tree;
    tree.write("x.jpg/inside.jpg", "never seen");
    REQUIRE(mkfifo((tree.root() / "pipe.png").c_str(), 0600) == 0);
    tree.write("good.jpg", "good");
    const Catalog catalog = catalog_of(tree.root());
    REQUIRE(catalog.ids == Names{"good.jpg", "pipe.png", "x.jpg"});
    const ImageReader reader(catalog);
    CHECK(reason_of(reader, 1) == Reason::unreadable);
    CHECK(reason_of(reader, 2) == Reason::unreadable);
    CHECK_THROWS_WITH(reader.bytes(2), Catch::Contains("x.jpg: is a folder"));
    CHECK(text_of(reader.bytes(0)) == "good");
}

TEST_CASE("one picture is a dataset, too", "[data]") {
    const TemporaryTree tree;
    tree.write("folder/one.jpg", "1");
    const Catalog catalog = catalog_of(tree.root() / "folder/one.jpg");
    CHECK(catalog.ids == Names{"one.jpg"});
    CHECK(text_of(ImageReader(catalog).bytes(0)) == "1");
}

TEST_CASE("SPair-71k is known by its folders; its images are called class and file", "[data]") {
    const TemporaryTree tree;
    tree.write("JPEGImages/cat/2008_1.jpg", "cat");
    tree.write("JPEGImages/bus/2001_4.jpg", "bus");
    tree.write("Segmentation/bus/2001_4.png", "not an image of it");
    CHECK(catalog_of(tree.root()).ids.size() == 3);
    tree.write("PairAnnotation/test/1.json", "{}");
    const Catalog catalog = catalog_of(tree.root());
    CHECK(catalog.ids == Names{"bus/2001_4.jpg", "cat/2008_1.jpg"});
    CHECK(text_of(ImageReader(catalog).bytes(0)) == "bus");
}

TEST_CASE("a name that is not UTF-8 is percent-encoded in the id, and read", "[data]") {
    const TemporaryTree tree;
    tree.write("na\xefve \xc3\xa9.jpg", "odd");
    tree.write("na\xc3\xafve 100%.jpg", "good");
    const Catalog catalog = catalog_of(tree.root());
    CHECK(catalog.ids == Names{"na\xc3\xafve 100%.jpg", "na%EFve %C3%A9.jpg"});
    CHECK(noted(catalog, "1 name is not UTF-8"));
    CHECK(text_of(ImageReader(catalog).bytes(1)) == "odd");
    tree.write("na%EFve %C3%A9.jpg", "of the same name");
    CHECK_THROWS_WITH(catalog_of(tree.root()), Catch::Contains("two images would both be called"));
}

TEST_CASE("a dataset that is not there, has nothing, or cannot be read, says so", "[data]") {
    const TemporaryTree tree;
    CHECK_THROWS_WITH(catalog_of(tree.root() / "none"), Catch::Contains("none: no such file or folder"));
    fs::create_directory(tree.root() / "empty");
    CHECK_THROWS_WITH(catalog_of(tree.root() / "empty"), Catch::Contains("empty: holds no images"));
    tree.write("empty/only.gif", "");
    CHECK_THROWS_WITH(catalog_of(tree.root() / "empty"),
                      Catch::Contains("1 .gif file, which lvr does not decode"));
    tree.write("notes.md", "");
    CHECK_THROWS_WITH(catalog_of(tree.root() / "notes.md"), Catch::Contains("no kind of image source"));
    CHECK_THROWS_WITH(read_catalog({""}), Catch::Contains("no images were named"));
    CHECK_THROWS_WITH(read_catalog({tree.root().string(), "elsewhere"}), Catch::Contains("is not a list"));
    tree.write("both/a.jpg", "");
    tree.write("both/b.parquet", "");
    CHECK_THROWS_WITH(catalog_of(tree.root() / "both"), Catch::Contains("1 pictures and 1 parquet files"));
    tree.write("open/closed/a.jpg", "");
    fs::permissions(tree.root(), fs::perms::all);
    fs::permissions(tree.root() / "open/closed", fs::perms::none);
    {
        const AsNobody nobody;
        CHECK_THROWS_WITH(catalog_of(tree.root() / "open"),
                          Catch::Contains("closed/: the folder cannot be read"));
    }
    fs::permissions(tree.root() / "open/closed", fs::perms::owner_all);
}

TEST_CASE("what is wrong with one image is told from a dataset that is gone", "[data]") {
    const TemporaryTree tree;
    for (const char* file : {"data/a.jpg", "data/b.jpg", "data/c.jpg"}) tree.write(file, "abc");
    const fs::path folder = tree.root() / "data";
    const Catalog catalog = catalog_of(folder);
    const ImageReader reader(catalog);
    fs::remove(folder / "a.jpg");
    CHECK(reason_of(reader, 0) == Reason::missing);
    fs::permissions(tree.root(), fs::perms::all);
    fs::permissions(folder / "b.jpg", fs::perms::none);
    {
        const AsNobody nobody;
        CHECK(reason_of(reader, 1) == Reason::unreadable);
    }
    fs::resize_file(folder / "c.jpg", std::uintmax_t{1} << 32);  // a hole: it takes no room
    CHECK(reason_of(reader, 2) == Reason::too_large);
    fs::rename(folder, tree.root() / "moved");
    CHECK_THROWS_WITH(reader.bytes(2), Catch::Contains("the images are gone"));
    fs::create_directory(folder);  // as a mount point without its disk
    CHECK_THROWS_WITH(reader.bytes(2), Catch::Contains("the images are gone"));
    fs::remove(folder);
    CHECK_THROWS_WITH(ImageReader(catalog), Catch::Contains("no such folder"));
}

TEST_CASE("a part of the images that is gone stops the run, one that never was there does not", "[data]") {
    const TemporaryTree tree;
    for (const char* file : {"disk/in/a.jpg", "disk/in/b.jpg", "stays/c.jpg"}) tree.write(file, "abc");
    const std::string disk = (tree.root() / "disk/in").string();
    tree.write("list.txt",
               disk + "/a.jpg\nnever/d.jpg\nstays/c.jpg\n" + disk + "/none.jpg\n" + disk + "/b.jpg\n");
    const Catalog catalog = catalog_of(tree.root() / "list.txt");
    REQUIRE(catalog.size() == 5);
    const ImageReader reader(catalog);
    CHECK(reason_of(reader, 1) == Reason::missing);
    CHECK(reason_of(reader, 3) == Reason::missing);
    fs::rename(tree.root() / "disk", tree.root() / "moved");
    for (const std::int64_t index : {0, 4})  // the second was not read before
        CHECK_THROWS_WITH(reader.bytes(index), Catch::Contains(disk + ": the images are gone"));
    CHECK(reason_of(reader, 1) == Reason::missing);
    CHECK(text_of(reader.bytes(2)) == "abc");
    fs::create_directories(disk);  // as a mount point without its disk
    CHECK_THROWS_WITH(reader.bytes(4), Catch::Contains("the images are gone"));
    tree.write("never/other.jpg", "");  // a folder that appears takes nothing away
    CHECK(reason_of(reader, 1) == Reason::missing);
}

TEST_CASE("a disk or a network that fails is not the image's fault", "[data]") {
    int stopped = 0;
    for (const int code :
         {EIO, ESTALE, ETIMEDOUT, ENOTCONN, EHOSTDOWN, EHOSTUNREACH, EMFILE, ENFILE, ENOMEM}) {
        try {
            refuse_file(code, "x.jpg");
        } catch (const ImageError&) {
            FAIL("the image is blamed for " << code);
        } catch (const core::Error& error) {
            CHECK_THAT(error.what(), Catch::Contains("x.jpg"));
            ++stopped;
        }
    }
    CHECK(stopped == 9);
    CHECK_THROWS_AS(refuse_file(ENOENT, "x.jpg"), ImageError);
    CHECK_THROWS_AS(refuse_file(EACCES, "x.jpg"), ImageError);
}

TEST_CASE("several threads read at once", "[data]") {
    const TemporaryTree tree;
    for (int i = 0; i < 50; ++i) tree.write(std::to_string(i) + ".jpg", std::string(1000 + i, 'x'));
    const Catalog catalog = catalog_of(tree.root());
    const ImageReader reader(catalog);
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (std::int64_t i = 0; i < catalog.size(); ++i)
                    right += reader.bytes(i).size() ==
                             1000U + std::stoul(catalog.ids[static_cast<std::size_t>(i)]);
            });
        }
    }
    CHECK(right == 200);
}

TEST_CASE("a catalog travels through an archive", "[data]") {
    const TemporaryTree tree;
    tree.write("a.jpg", "");
    tree.write("b.bmp", "");
    const Catalog sent = catalog_of(tree.root());
    std::stringstream stream;
    boost::archive::text_oarchive(stream) << sent;
    Catalog got;
    boost::archive::text_iarchive(stream) >> got;
    CHECK(got.kind == sent.kind);
    CHECK(got.root == tree.root().string());
    CHECK(got.ids == sent.ids);
    CHECK(got.paths == sent.paths);
    CHECK(got.hash == sent.hash);
    CHECK(got.notes == sent.notes);
    CHECK(got.notes.size() == 1);
}
